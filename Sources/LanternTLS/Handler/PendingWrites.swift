import NIOCore

/// Plaintext between `write` and `flush`.
struct PendingWrites {
    /// Flushed before the handshake was done.
    var isFlushWanted = false
    private(set) var byteCount = 0
    private var buffers = CircularBuffer<ByteBuffer>()
    private var promises: [EventLoopPromise<Void>] = []

    mutating func append(_ buffer: ByteBuffer, promise: EventLoopPromise<Void>?) {
        if let promise { promises.append(promise) }
        let (sum, overflows) = byteCount.addingReportingOverflow(buffer.readableBytes)
        byteCount = overflows ? .max : sum
        buffers.append(buffer)
    }

    mutating func fail(with error: any Error) {
        let failed = promises
        self = PendingWrites()
        for promise in failed { promise.fail(error) }
    }

    /// Encrypts everything into the session's outgoing bytes: small buffers are joined to full records, large
    /// ones go in without a copy.
    ///
    /// - Returns: the promise for the write of those bytes; `nil` when nobody asked for one.
    mutating func encrypt(
        with session: TLSSession, on loop: any EventLoop
    ) -> (EventLoopPromise<Void>?, TLSError?) {
        let promise = Self.joined(promises, on: loop)
        let isLarge = buffers.count >= 64
        let error = encryptBuffers(with: session)
        if isLarge || !buffers.isEmpty { buffers.removeAll(keepingCapacity: !isLarge) }
        if !promises.isEmpty { promises.removeAll() }
        byteCount = 0
        isFlushWanted = false
        return (promise, error)
    }

    private mutating func encryptBuffers(with session: TLSSession) -> TLSError? {
        if buffers.count == 1, let only = buffers.popFirst() {
            return only.withUnsafeReadableBytes { session.write($0) }
        }
        let record = TLSSession.maximumRecord
        var joined = ByteBuffer()
        while var buffer = buffers.popFirst() {
            while buffer.readableBytes > 0 {
                let isWhole = joined.readableBytes == 0 && (buffer.readableBytes >= record || buffers.isEmpty)
                if isWhole {
                    let count =
                        buffers.isEmpty ? buffer.readableBytes : buffer.readableBytes / record * record
                    let error = buffer.readWithUnsafeReadableBytes { bytes in
                        (count, session.write(UnsafeRawBufferPointer(rebasing: bytes[..<count])))
                    }
                    if let error { return error }
                    continue
                }
                if joined.capacity == 0 { joined.reserveCapacity(min(byteCount, record)) }
                let count = min(record - joined.readableBytes, buffer.readableBytes)
                buffer.readWithUnsafeReadableBytes { bytes in
                    joined.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                    return count
                }
                if joined.readableBytes == record {
                    if let error = joined.withUnsafeReadableBytes({ session.write($0) }) { return error }
                    joined.clear()
                }
            }
        }
        return joined.withUnsafeReadableBytes { session.write($0) }
    }

    /// One promise that completes all others.
    private static func joined(
        _ promises: [EventLoopPromise<Void>], on loop: any EventLoop
    ) -> EventLoopPromise<Void>? {
        guard let first = promises.first else { return nil }
        for other in promises.dropFirst() { first.futureResult.cascade(to: other) }
        return first
    }
}
