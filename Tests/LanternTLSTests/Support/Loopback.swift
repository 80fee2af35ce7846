import LanternTLS
import LanternTrust
import NIOCore
import NIOPosix

/// What came out of one end of a real connection, in order.
enum Note: Sendable {
    case established(PeerCertificate)
    case bytes(ByteBuffer)
    case inputClosed
    case failed(TLSError)
    case inactive
}

/// Hands everything to an async sequence.
final class NoteHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let notes: AsyncStream<Note>.Continuation

    init(_ notes: AsyncStream<Note>.Continuation) { self.notes = notes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        notes.yield(.bytes(unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        notes.yield(.inactive)
        notes.finish()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .established(let peer, _)? = event as? TLSEvent { notes.yield(.established(peer)) }
        if (event as? ChannelEvent) == .inputClosed { notes.yield(.inputClosed) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { notes.yield(.failed(error)) }
    }
}

/// One end of a real connection.
struct End: Sendable {
    let channel: any Channel
    let notes: AsyncStream<Note>

    /// Everything until the channel is gone.
    func untilInactive() async -> [Note] {
        var all: [Note] = []
        for await note in notes { all.append(note) }
        return all
    }
}

/// A server on a loopback port that the system picks.
struct Loopback: Sendable {
    let listener: any Channel
    let accepted: AsyncStream<End>
    var port: Int { listener.localAddress?.port ?? 0 }

    init(_ tls: TLSContext, host: String = "127.0.0.1", halfClosure: Bool = false) async throws {
        let (accepted, continuation) = AsyncStream.makeStream(of: End.self)
        self.accepted = accepted
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: halfClosure)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (notes, noted) = AsyncStream.makeStream(of: Note.self)
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler.server(context: tls, peerDescription: "the caller"), NoteHandler(noted),
                    ])
                    continuation.yield(End(channel: channel, notes: notes))
                }
            }
            .bind(host: host, port: 0).get()
    }

    func connect(
        _ tls: TLSContext, host: String = "127.0.0.1", halfClosure: Bool = false
    ) async throws -> End {
        let (notes, noted) = AsyncStream.makeStream(of: Note.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: halfClosure)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler.client(
                            context: tls, serverName: .address(host), expectedIdentity: nil,
                            peerDescription: "the server"), NoteHandler(noted),
                    ])
                }
            }
            .connect(host: host, port: port).get()
        return End(channel: channel, notes: notes)
    }

    /// A connection without TLS.
    func connectRaw() async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
    }

    func nextEnd() async -> End? {
        for await end in accepted { return end }
        return nil
    }
}

extension [Note] {
    var errorCode: TLSError.Code? {
        for case .failed(let error) in self { return error.code }
        return nil
    }
    var bytes: [UInt8] {
        var all: [UInt8] = []
        for case .bytes(let buffer) in self { all += buffer.readableBytesView }
        return all
    }
    var wasEstablished: Bool { contains { if case .established = $0 { true } else { false } } }
    var sawInputClosed: Bool { contains { if case .inputClosed = $0 { true } else { false } } }
}
