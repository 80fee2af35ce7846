import LanternValue
import LanternWire
import NIOCore
import Testing

@testable import Lantern

/// Items in the body of a STREAMITEM, written and read.
struct ItemChunkTests {
    private func incoming(_ chunk: ItemChunk) throws -> IncomingChunk {
        let format = chunk.format
        let message = try StreamItems(reading: ByteBuffer(bytes: chunk.body(stream: 9)))
        #expect(message.stream == 9)
        return IncomingChunk(
            count: message.count, format: format, items: message.items, limits: DecodingLimits())
    }

    private func chunk(_ texts: [String], _ format: SerializerFormat) throws -> ItemChunk {
        var chunk = ItemChunk(format: format)
        for text in texts { try chunk.append(maximum: 1_000) { try text.write(to: &$0) } }
        return chunk
    }

    private func strings(_ chunk: ItemChunk) throws -> [String] {
        try incoming(chunk).decoded { try String(from: &$0) }
    }

    private func numbers(_ chunk: IncomingChunk) throws -> [Int] {
        try chunk.decoded { try Int(from: &$0) }
    }

    @Test("items come back in order", arguments: SerializerFormat.allCases)
    func roundTrip(format: SerializerFormat) throws {
        let texts = ["", "a", String(repeating: "ü", count: 300)]
        var first = try chunk(texts, format)
        let second = try chunk(["x", "y"], format)
        first.append(second)
        #expect(first.count == 5)
        var last = first
        let taken = last.takeLast()
        #expect(taken.isAlone)
        #expect(try strings(first) == texts + ["x", "y"])
        #expect(try strings(last) == texts + ["x"])
        #expect(try strings(taken) == ["y"])
        first.removeAll()
        #expect(first.isEmpty)
        #expect(first.size == 0)
    }

    @Test("an item over the limit leaves nothing behind", arguments: SerializerFormat.allCases)
    func tooLarge(format: SerializerFormat) throws {
        let exact = try chunk(["0123456789"], format).size
        var chunk = try chunk(["a"], format)
        let size = chunk.size
        let error = #expect(throws: LanternError.self) {
            try chunk.append(maximum: exact - 1) { try "0123456789".write(to: &$0) }
        }
        #expect(error?.code == .serialization)
        #expect(chunk.size == size)
        #expect(throws: PlainError.self) {
            try chunk.append(maximum: 100) {
                try $0.write("half")
                throw PlainError()
            }
        }
        try chunk.append(maximum: exact) { try "0123456789".write(to: &$0) }
        #expect(try strings(chunk) == ["a", "0123456789"])
    }

    @Test("items of another type, too few and too many are refused", arguments: SerializerFormat.allCases)
    func wrong(format: SerializerFormat) throws {
        let good = try incoming(chunk(["a", "b"], format))
        func code(_ count: Int, _ items: ByteBuffer) -> LanternError.Code? {
            let chunk = IncomingChunk(count: count, format: format, items: items, limits: DecodingLimits())
            do { _ = try chunk.decoded { try String(from: &$0) } } catch let error as LanternError {
                return error.code
            } catch {}
            return nil
        }
        #expect(code(2, good.items) == nil)
        #expect(code(1, good.items) == .serialization)
        #expect(code(3, good.items) == .serialization)
        #expect(code(2, ByteBuffer(bytes: [0xff, 0xff, 0xff, 0xff, 1])) == .serialization)
        #expect(throws: LanternError.self) { try numbers(good) }
    }
}
