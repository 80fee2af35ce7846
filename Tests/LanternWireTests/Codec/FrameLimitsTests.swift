import NIOCore
import Testing

@testable import LanternWire

/// Every limit from both sides.
struct FrameLimitsTests {
    @Test("a message of the maximum size is taken, one byte more is not", arguments: WireVersion.allCases)
    func message(version: WireVersion) throws {
        let frame = Samples.full(version)
        let bytes = try Samples.encoded(frame)
        let size = bytes.readableBytes - version.headerSize
        #expect(try Samples.decodeAll(bytes, limits: FrameLimits(maximumMessage: size)) == [frame])
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumMessage: size - 1)) == .frameTooLarge)
    }

    @Test("a header over the limit is refused before its payload comes", arguments: WireVersion.allCases)
    func headerAlone(version: WireVersion) throws {
        let frame = Samples.compressible(version, size: 20_000)
        let header = try #require(try Samples.encoded(frame).getSlice(at: 0, length: version.headerSize))
        #expect(Samples.refusal(header, limits: .standard) == nil)
        #expect(Samples.refusal(header, limits: .beforeAuthentication) == .frameTooLarge)
    }

    @Test("annotations count towards the size of a message")
    func annotationsCount() throws {
        var frame = Frame(version: .v502, type: .connect)
        frame.annotations[.blob] = ByteBuffer(repeating: 0, count: (16 << 10) - 8)
        #expect(Samples.refusal(try Samples.encoded(frame), limits: .beforeAuthentication) == nil)
        frame.payload = ByteBuffer(bytes: [0])
        #expect(Samples.refusal(try Samples.encoded(frame), limits: .beforeAuthentication) == .frameTooLarge)
    }

    @Test("both sizes of v502 at their maximum do not overflow")
    func hugeSizes() throws {
        var bytes = try Samples.encoded(Frame(version: .v502, type: .connect))
        bytes.setInteger(UInt32.max, at: 12)
        bytes.setInteger(UInt32.max, at: 16)
        #expect(Samples.refusal(bytes) == .frameTooLarge)
    }

    @Test("no limit reaches beyond what a buffer holds")
    func ceiling() throws {
        var bytes = try Samples.encoded(Frame(version: .v502, type: .connect))
        bytes.setInteger(UInt32(Int32.max), at: 12)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumMessage: .max)) == nil)
        bytes.setInteger(UInt32(1), at: 16)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumMessage: .max)) == .frameTooLarge)
    }

    @Test("a negative length in v48 is refused whatever the limit")
    func negative() throws {
        var bytes = try Samples.encoded(Frame(version: .v48, type: .connect))
        bytes.setInteger(UInt32(0x8000_0000), at: 12)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumMessage: .max)) == .frameTooLarge)
        bytes.setInteger(UInt32(0x7FFF_0000), at: 12)
        #expect(Samples.refusal(bytes, limits: FrameLimits(maximumMessage: .max)) == nil)
    }

    @Test("annotations are counted, repeated names too", arguments: WireVersion.allCases)
    func annotationCount(version: WireVersion) throws {
        let one = RawFrame.chunk("AAAA", version)
        let limits = FrameLimits(maximumAnnotations: 3)
        let three = RawFrame.frame(version, annotations: [one, one, one])
        #expect(try Samples.decodeAll(three, limits: limits).first?.annotations.count == 1)
        let four = RawFrame.frame(version, annotations: [one, one, one, one])
        #expect(Samples.refusal(four, limits: limits) == .badAnnotation)
    }

    @Test("raised limits apply from the next header on")
    func raised() throws {
        var bytes = try Samples.encoded(
            Samples.compressible(.v502, size: 100), Samples.compressible(.v502, size: 20_000))
        var decoder = FrameDecoder(limits: .beforeAuthentication)
        decoder.append(&bytes)
        #expect(try decoder.next() != nil)
        decoder.limits = .standard
        #expect(try decoder.next()?.payload.readableBytes == 20_000)
    }

    @Test("a small frame does not keep a large buffer alive, a large one is not copied")
    func memory() throws {
        var large = ByteBuffer()
        large.reserveCapacity(1 << 20)
        large.writeImmutableBuffer(try Samples.encoded(Samples.full(.v502)))
        let small = try #require(try Samples.decodeAll(large).first)
        #expect(small.payload.storageCapacity <= 256)
        #expect(small.annotations[.stream]?.storageCapacity ?? 0 <= 256)

        let unfinished = Samples.compressible(.v502, size: 4000)
        large.writeImmutableBuffer(
            try Samples.encoded(unfinished).getSlice(at: 0, length: 50) ?? ByteBuffer())
        var decoder = FrameDecoder(limits: .standard)
        decoder.append(&large)
        #expect(try decoder.next() != nil)
        #expect(try decoder.next() == nil)
        #expect(decoder.storageCapacity <= 256)

        let whole = try Samples.encoded(Samples.compressible(.v502, size: 600_000))
        let frame = try #require(try Samples.decodeAll(whole).first)
        #expect(frame.payload.storageCapacity == whole.storageCapacity)
    }

    @Test("what waits for its rest is no more than what came")
    func bufferedBytes() throws {
        let bytes = try Samples.encoded(Samples.compressible(.v502, size: 1 << 20))
        var start = try #require(bytes.getSlice(at: 0, length: 100))
        var decoder = FrameDecoder(limits: .standard)
        decoder.append(&start)
        #expect(try decoder.next() == nil)
        #expect(decoder.bufferedBytes == 60)
        #expect(start.readableBytes == 0)
    }
}
