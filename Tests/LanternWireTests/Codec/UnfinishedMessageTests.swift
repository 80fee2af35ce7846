import NIOCore
import Testing

@testable import LanternWire

/// The start of a large message leaves the decoder and comes back longer.
struct UnfinishedMessageTests {
    private func frame(_ size: Int) -> Frame {
        Frame(version: .v502, type: .invoke, payload: ByteBuffer(repeating: 7, count: size))
    }

    @Test("a large message goes back and forth until it is whole")
    func backAndForth() throws {
        let frame = frame(1 << 20)
        let bytes = try Samples.encoded(frame)
        var decoder = FrameDecoder(limits: .standard)
        var held = ByteBuffer()
        for start in stride(from: 0, to: bytes.readableBytes, by: 50_000) {
            let count = min(50_000, bytes.readableBytes - start)
            held.writeImmutableBuffer(try #require(bytes.getSlice(at: start, length: count)))
            decoder.append(&held)
            if start + count == bytes.readableBytes { break }
            #expect(try decoder.next() == nil)
            let taken = decoder.takeUnfinished()
            held = try #require(taken)
            #expect(decoder.bufferedBytes == 0)
            #expect(decoder.takeUnfinished() == nil)
        }
        #expect(decoder.takeUnfinished() == nil)
        #expect(try decoder.next() == frame)
        try decoder.finish()
    }

    @Test("a connection that ends inside of it is still cut off")
    func cut() throws {
        var part = try #require(try Samples.encoded(frame(1 << 20)).getSlice(at: 0, length: 1000))
        var decoder = FrameDecoder(limits: .standard)
        decoder.append(&part)
        #expect(try decoder.next() == nil)
        #expect(decoder.takeUnfinished() != nil)
        #expect(throws: WireError.self) { try decoder.finish() }
    }

    @Test("small messages, whole ones, pieces of headers and errors stay where they are")
    func stays() throws {
        for (size, length) in [(1000, 500), (1 << 20, 20), (1 << 20, 40 + (1 << 20))] {
            var part = try #require(try Samples.encoded(frame(size)).getSlice(at: 0, length: length))
            var decoder = FrameDecoder(limits: .standard)
            decoder.append(&part)
            #expect(decoder.takeUnfinished() == nil)
            if length <= size { #expect(try decoder.next() == nil) }
            #expect(decoder.takeUnfinished() == nil)
        }
        var wrong = ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n")
        var decoder = FrameDecoder(limits: .standard)
        decoder.append(&wrong)
        #expect(throws: WireError.self) { try decoder.next() }
        #expect(decoder.takeUnfinished() == nil)
    }
}
