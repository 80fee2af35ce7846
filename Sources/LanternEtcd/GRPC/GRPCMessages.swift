import NIOCore

/// Cuts a stream of bytes into gRPC messages: one byte "compressed?", four bytes length, the message.
///
/// - Source: the page "gRPC over HTTP2" of the gRPC documentation.
struct GRPCMessages {
    let limit: Int
    private var waiting = ByteBuffer()

    init(limit: Int) { self.limit = limit }

    mutating func append(_ bytes: inout ByteBuffer) { waiting.writeBuffer(&bytes) }

    /// - Returns: nil when more bytes are needed.
    /// - Throws: before the message is waited for when it is above the limit.
    mutating func next() throws(EtcdError) -> [UInt8]? {
        let start = waiting.readerIndex
        guard let flag = waiting.getInteger(at: start, as: UInt8.self),
            let length = waiting.getInteger(at: start + 1, as: UInt32.self)
        else { return nil }
        guard flag == 0 else { throw .damaged("it is compressed, which nobody asked for") }
        guard length <= limit else {
            throw EtcdError(
                .messageTooLarge, "etcd announced a message of \(length) bytes; the limit is \(limit)")
        }
        guard waiting.readableBytes >= 5 + Int(length) else { return nil }
        waiting.moveReaderIndex(forwardBy: 5)
        defer { waiting.discardReadBytes() }
        return waiting.readBytes(length: Int(length))
    }

    /// Whether all messages were whole.
    var isAtEnd: Bool { waiting.readableBytes == 0 }

    static func frame(_ message: [UInt8], _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 5 + message.count)
        buffer.writeInteger(0 as UInt8)
        buffer.writeInteger(UInt32(clamping: message.count))
        buffer.writeBytes(message)
        return buffer
    }
}
