import Lantern
import LanternTesting
import LanternValue
import NIOCore
import Testing

@Remote
private protocol Store: Sendable {
    func echo(_ content: ByteBuffer) async throws -> ByteBuffer
    func parts(_ contents: [ByteBuffer], of array: [UInt8]) async throws -> [ByteBuffer]
}

private struct StoreRoom: Store {
    func echo(_ content: ByteBuffer) async throws -> ByteBuffer { content }
    func parts(_ contents: [ByteBuffer], of array: [UInt8]) async throws -> [ByteBuffer] {
        contents + [ByteBuffer(bytes: array)]
    }
}

/// A `ByteBuffer` is bytes on the wire and shares the memory of its message.
struct ByteBufferTests {
    private func read<T: RemoteCodable>(_ type: T.Type, _ message: ByteBuffer, _ format: SerializerFormat)
        throws -> T
    {
        var reader = try ValueReader(format: format, source: ByteSource(message))
        let value = try T(from: &reader)
        try reader.endDocument()
        return value
    }

    @Test("it is what [UInt8] is", arguments: SerializerFormat.allCases)
    func sameBytes(format: SerializerFormat) throws {
        for count in [0, 1, 255, 256, 70_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var buffer = ByteBuffer(string: "not read")
            buffer.moveReaderIndex(to: buffer.writerIndex)
            buffer.writeBytes(bytes)
            var writer = ValueWriter(format: format)
            try buffer.write(to: &writer)
            let written = writer.takeOutput()
            #expect(try written == encode(.bytes(bytes), as: format))
            // A message that does not start where its buffer does.
            var message = ByteBuffer(string: "skipped")
            message.writeBytes(written)
            message.moveReaderIndex(forwardBy: 7)
            #expect(try read(ByteBuffer.self, message, format) == ByteBuffer(bytes: bytes))
            #expect(try read([UInt8].self, message, format) == bytes)
        }
        let list = ByteBuffer(bytes: try encode(.list([.int(1), .int(255)]), as: format))
        #expect(try read(ByteBuffer.self, list, format) == ByteBuffer(bytes: [1, 255]))
        let text = ByteBuffer(bytes: try encode(.list([.text("x")]), as: format))
        #expect(throws: ValueError.self) { try read(ByteBuffer.self, text, format) }
    }

    @Test("the buffer shares the message's memory, and writing to either leaves the other as it is")
    func shared() throws {
        var message = ByteBuffer(
            bytes: try encode(.bytes([UInt8](repeating: 1, count: 100_000)), as: .msgpack))
        var part = try read(ByteBuffer.self, message, .msgpack)
        #expect(part.storageCapacity == message.storageCapacity)
        message.setInteger(UInt8(9), at: 50_000)
        part.setInteger(UInt8(8), at: part.readerIndex + 60_000)
        #expect(part.getInteger(at: part.readerIndex + 50_000 - 5, as: UInt8.self) == 1)
        #expect(message.getInteger(at: 60_005, as: UInt8.self) == 1)
    }

    @Test("a small part does not keep a large message")
    func small() throws {
        let value: Value = .list([.bytes([1, 2, 3]), .bytes([UInt8](repeating: 0, count: 200_000))])
        let message = ByteBuffer(bytes: try encode(value, as: .msgpack))
        let parts = try read([ByteBuffer].self, message, .msgpack)
        #expect(parts.first?.storageCapacity ?? .max < 1000)
        #expect(parts.first == ByteBuffer(bytes: [1, 2, 3]))
    }

    @Test("buffers of megabytes go there and back", arguments: SerializerFormat.allCases)
    func calls(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let uri = try await loopback.daemon.register(StoreRoom(), as: (any Store).self, id: "store")
            .description
        var options = ProxyOptions()
        options.serializer = format
        let store = try loopback.client.proxy((any Store).self, uri, options: options)
        let large = ByteBuffer(bytes: (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 131) })
        async let first = store.echo(large)
        async let second = store.echo(ByteBuffer(string: "small"))
        async let third = store.parts([large, ByteBuffer(), ByteBuffer(string: "x")], of: [1, 2])
        #expect(try await first == large)
        #expect(try await second == ByteBuffer(string: "small"))
        #expect(
            try await third == [large, ByteBuffer(), ByteBuffer(string: "x"), ByteBuffer(bytes: [1, 2])])
        await loopback.close()
    }
}
