import LanternTLS
import LanternWire
import NIOCore
import NIOPosix

/// How a connection ends in the middle of what it says.
enum Cut: CaseIterable {
    /// Half-close: TLS's goodbye and FIN; the other direction stays open.
    case goodbye
    /// FIN without a goodbye, as Python's `ssl` ends every connection.
    case finish
    /// RST: what the far side has not read yet may be lost.
    case reset

    func apply(to channel: any Channel) async throws {
        if self == .goodbye { return try await channel.close(mode: .output).get() }
        // The far side may have been quicker to end it: then there is nothing left to cut.
        if self == .reset, let options = channel as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        // Below the TLS handler, which would say goodbye.
        try? await channel.eventLoop.submit {
            let context = try channel.pipeline.syncOperations.context(handlerType: TLSHandler.self)
            context.close(mode: .all, promise: nil)
        }.get()
        try await channel.closeFuture.get()
    }
}

extension RawEnd {
    /// Sends the first bytes of some and ends there.
    func send(_ bytes: ByteBuffer, upTo count: Int, then cut: Cut) async throws {
        if count > 0, let prefix = bytes.getSlice(at: bytes.readerIndex, length: count) {
            try await channel.writeAndFlush(prefix).get()
        }
        try await cut.apply(to: channel)
    }

    static func bytes(_ frames: Frame...) throws -> ByteBuffer {
        var bytes = ByteBuffer()
        for frame in frames { try FrameEncoder.encode(frame, into: &bytes) }
        return bytes
    }
}

/// Runs a body for each number, a few at a time.
func forEach(
    _ numbers: some Sequence<Int>, atOnce width: Int = 16,
    _ body: @escaping @Sendable (Int) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var running = 0
        for number in numbers {
            if running >= width {
                try await group.next()
                running -= 1
            }
            group.addTask { try await body(number) }
            running += 1
        }
        try await group.waitForAll()
    }
}
