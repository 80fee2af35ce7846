import NIOCore
import Testing

@testable import LanternWire

struct InflaterTests {
    @Test(
        "a payload of the maximum inflated size is taken, one byte more is not",
        arguments: WireVersion.allCases)
    func inflatedSize(version: WireVersion) throws {
        for size in [101, 1000, 16 << 10, (16 << 10) + 1, 50_000] {
            let bytes = try Samples.encoded(Samples.compressible(version, size: size), compression: .pyro5)
            let frames = try Samples.decodeAll(bytes, limits: FrameLimits(maximumInflated: size))
            #expect(frames.first?.payload == ByteBuffer(repeating: 0x61, count: size))
            let tighter = FrameLimits(maximumInflated: size - 1)
            #expect(Samples.refusal(bytes, limits: tighter) == .inflatedTooLarge)
        }
    }

    @Test("a bomb is refused by its ratio", arguments: WireVersion.allCases)
    func bomb(version: WireVersion) throws {
        var frame = Frame(version: version, type: .connect)
        frame.payload = ByteBuffer(repeating: 0, count: 1 << 20)
        let bytes = try Samples.encoded(frame, compression: .pyro5)
        #expect(bytes.readableBytes < 6000)
        #expect(Samples.refusal(bytes) == .inflatedTooLarge)
        #expect(Samples.refusal(bytes, limits: .beforeAuthentication) == .inflatedTooLarge)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumRatio: 1100)) == nil)
    }

    @Test("a large bomb is refused by its size when the ratio may be anything")
    func largeBomb() throws {
        var frame = Frame(version: .v502, type: .connect)
        frame.payload = ByteBuffer(repeating: 0, count: 64 << 20)
        let bytes = try Samples.encoded(frame, compression: .pyro5)
        let limits = FrameLimits(maximumInflated: 1 << 20, maximumRatio: .max)
        #expect(Samples.refusal(bytes, limits: limits) == .inflatedTooLarge)
    }

    @Test(
        "what is larger than what is kept at once comes out whole, and its limit counts from both sides",
        arguments: [(256 << 10) - 1, 256 << 10, (256 << 10) + 1, (320 << 10) + 7, 3 << 20])
    func counted(size: Int) throws {
        var payload = ByteBuffer()
        for index in 0..<size { payload.writeInteger(UInt8(truncatingIfNeeded: index &* index >> 7)) }
        let frame = Frame(version: .v502, type: .connect, payload: payload)
        let bytes = try Samples.encoded(frame, compression: .pyro5)
        let limits = FrameLimits(maximumInflated: size, maximumRatio: .max)
        #expect(try Samples.decodeAll(bytes, limits: limits).first?.payload == payload)
        let tighter = FrameLimits(maximumInflated: size - 1, maximumRatio: .max)
        #expect(Samples.refusal(bytes, limits: tighter) == .inflatedTooLarge)
    }

    @Test("the ratio counts from both sides")
    func ratio() throws {
        let size = 100_000
        let frame = Frame(version: .v502, type: .connect, payload: ByteBuffer(repeating: 0x61, count: size))
        let bytes = try Samples.encoded(frame, compression: .pyro5)
        let compressed = bytes.readableBytes - 40
        let enough = (size + compressed - 1) / compressed
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumRatio: enough)) == nil)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumRatio: enough - 1)) == .inflatedTooLarge)
    }

    @Test("up to 64 KiB the ratio does not count")
    func freely() throws {
        let limits = FrameLimits(maximumRatio: 1)
        let free = try Samples.encoded(Samples.compressible(.v502, size: 64 << 10), compression: .pyro5)
        #expect(Samples.refusal(free, limits: limits) == nil)
        let more = try Samples.encoded(Samples.compressible(.v502, size: (64 << 10) + 1), compression: .pyro5)
        #expect(Samples.refusal(more, limits: limits) == .inflatedTooLarge)
    }

    @Test("limits of zero let nothing out, and nothing crash")
    func zero() throws {
        let bytes = try Samples.encoded(Samples.compressible(.v502), compression: .pyro5)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumInflated: 0)) == .inflatedTooLarge)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumInflated: -5)) == .inflatedTooLarge)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumRatio: -5)) == nil)
    }

    @Test("a stream that ends anywhere too early is refused")
    func cutOff() throws {
        let packed = try stream(of: ByteBuffer(string: String(repeating: "a lantern ", count: 30)))
        for length in 0..<packed.count {
            let frame = RawFrame.frame(.v502, flags: .compressed, payload: Array(packed.prefix(length)))
            #expect(Samples.refusal(frame) == .badCompression, "\(length)")
        }
    }

    @Test("bytes behind the stream are ignored, as Python does")
    func trailing() throws {
        let plain = ByteBuffer(string: String(repeating: "a lantern ", count: 30))
        let frame = RawFrame.frame(.v502, flags: .compressed, payload: try stream(of: plain) + [1, 2, 3])
        #expect(try Samples.decodeAll(frame).first?.payload == plain)
    }

    @Test(
        "what is not zlib data is refused",
        arguments: [
            [], [0x78], Array("plain text".utf8),
            [0x4B, 0x04, 0x00],  // raw deflate of "a"
            // The same as gzip.
            [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x04, 0, 0x43, 0xBE, 0xB7, 0xE8, 1, 0, 0, 0],
            [0x78, 0xBB, 0, 0, 0, 1, 0x4B, 0x04, 0x00],  // wants a preset dictionary
            [0x78, 0x9C, 0x4B, 0x04, 0x00, 0x00, 0x62, 0x00, 0x63],  // wrong Adler sum
        ] as [[UInt8]])
    func notZlib(payload: [UInt8]) {
        let frame = RawFrame.frame(.v502, flags: .compressed, payload: payload)
        #expect(Samples.refusal(frame) == .badCompression)
    }

    private func stream(of plain: ByteBuffer) throws -> [UInt8] {
        let frame = Frame(version: .v502, type: .connect, payload: plain)
        return Array(try Samples.encoded(frame, compression: .pyro5).readableBytesView.dropFirst(40))
    }
}
