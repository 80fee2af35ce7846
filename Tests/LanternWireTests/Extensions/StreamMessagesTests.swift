import NIOCore
import Testing

@testable import LanternWire

/// The payloads of STREAMITEM, STREAMEND and STREAMCREDIT, and the annotation LSTR.
struct StreamMessagesTests {
    private func code(_ body: () throws -> Void) -> WireError.Code? {
        do { try body() } catch { return (error as? WireError)?.code }
        return nil
    }

    private func bytes(_ bytes: [UInt8]) -> ByteBuffer { ByteBuffer(bytes: bytes) }

    @Test("items have the number of their stream and their count in front")
    func items() throws {
        var body = [UInt8](repeating: 0, count: StreamItems.headSize) + [0x01, 0x02]
        StreamItems.writeHead(stream: 0x0102_0304, count: 2, into: &body)
        #expect(body == [1, 2, 3, 4, 0, 0, 0, 2, 1, 2])
        let read = try StreamItems(reading: bytes(body))
        #expect(read.stream == 0x0102_0304)
        #expect(read.count == 2)
        #expect(read.items == bytes([1, 2]))
    }

    @Test("no items, and more items than bytes, are refused")
    func itemCounts() {
        let bad: [[UInt8]] = [
            [], [0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0, 1],
            [0, 0, 0, 1, 0, 0, 0, 2, 1], [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1],
        ]
        for payload in bad {
            #expect(
                code { _ = try StreamItems(reading: bytes(payload)) } == .badStreamMessage, "\(payload)")
        }
    }

    @Test("an end has a number, and an exception when it says so", arguments: WireVersion.allCases)
    func end(version: WireVersion) throws {
        let plain = StreamEnd.frame(stream: 7, serializer: .msgpack, version: version)
        #expect(plain.flags == [])
        #expect(try StreamEnd(reading: plain.payload).stream == 7)
        #expect(try StreamEnd(reading: plain.payload).rest.readableBytes == 0)
        let failed = StreamEnd.frame(
            stream: 7, exception: [0xc0], serializer: .msgpack, version: version)
        #expect(failed.flags == .exception)
        #expect(try StreamEnd(reading: failed.payload).rest == bytes([0xc0]))
        #expect(code { _ = try StreamEnd(reading: bytes([0, 0, 1])) } == .badStreamMessage)
    }

    @Test("credit has exactly twelve bytes", arguments: WireVersion.allCases)
    func credit(version: WireVersion) throws {
        let credit = StreamCredit(stream: 3, items: 10, bytes: .max)
        #expect(try StreamCredit(reading: credit.frame(version: version).payload) == credit)
        for size in [0, 11, 13] {
            let payload = bytes([UInt8](repeating: 0, count: size))
            #expect(code { _ = try StreamCredit(reading: payload) } == .badStreamMessage, "\(size)")
        }
    }

    @Test("LSTR is a list of numbers, neither empty nor long")
    func numbers() throws {
        let numbers = StreamNumbers([1, 3, .max])
        #expect(try StreamNumbers(reading: numbers.data, maximum: 3) == numbers)
        #expect(code { _ = try StreamNumbers(reading: numbers.data, maximum: 2) } == .badAnnotation)
        for size in [0, 3, 5] {
            let data = bytes([UInt8](repeating: 0, count: size))
            #expect(code { _ = try StreamNumbers(reading: data, maximum: 3) } == .badAnnotation, "\(size)")
        }
    }

    @Test("the three travel in both versions", arguments: WireVersion.allCases)
    func travel(version: WireVersion) throws {
        var buffer = ByteBuffer()
        let frames = [
            StreamCredit(stream: 1, items: 2, bytes: 3).frame(version: version),
            StreamEnd.frame(stream: 1, exception: [1], serializer: .json, version: version),
        ]
        for frame in frames { try FrameEncoder.encode(frame, into: &buffer) }
        var decoder = FrameDecoder(limits: .standard)
        decoder.acceptsExtensions = true
        decoder.append(&buffer)
        for frame in frames { #expect(try decoder.next() == frame) }
    }
}
