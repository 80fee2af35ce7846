import NIOCore
import Testing

@testable import LanternWire

struct FrameDecoderTests {
    @Test("a frame survives every way of cutting it in two", arguments: WireVersion.allCases)
    func everySplit(version: WireVersion) throws {
        let plain = Samples.full(version)
        var packed = Samples.compressible(version)
        packed.flags.insert(.compressed)
        var bytes = try Samples.encoded(plain)
        bytes.writeImmutableBuffer(try Samples.encoded(packed, compression: .pyro5))
        for cut in 0...bytes.readableBytes {
            var first = try #require(bytes.getSlice(at: 0, length: cut))
            var second = try #require(bytes.getSlice(at: cut, length: bytes.readableBytes - cut))
            var decoder = FrameDecoder(limits: .standard)
            var frames: [Frame] = []
            decoder.append(&first)
            while let frame = try decoder.next() { frames.append(frame) }
            decoder.append(&second)
            while let frame = try decoder.next() { frames.append(frame) }
            #expect(frames == [plain, packed], "cut at \(cut)")
            #expect(decoder.bufferedBytes == 0)
            try decoder.finish()
        }
    }

    @Test("frames arrive byte by byte", arguments: WireVersion.allCases)
    func byteByByte(version: WireVersion) throws {
        let frame = Samples.full(version)
        let bytes = try Samples.encoded(frame, frame)
        var decoder = FrameDecoder(limits: .standard)
        var frames: [Frame] = []
        for byte in bytes.readableBytesView {
            var one = ByteBuffer(bytes: [byte])
            decoder.append(&one)
            if let frame = try decoder.next() { frames.append(frame) }
        }
        #expect(frames == [frame, frame])
    }

    @Test("a frame that ends anywhere too early is never taken", arguments: WireVersion.allCases)
    func truncated(version: WireVersion) throws {
        let bytes = try Samples.encoded(Samples.full(version))
        for length in 1..<bytes.readableBytes {
            var part = try #require(bytes.getSlice(at: 0, length: length))
            var decoder = FrameDecoder(limits: .standard)
            decoder.append(&part)
            #expect(try decoder.next() == nil, "after \(length)")
            let error = #expect(throws: WireError.self) { try decoder.finish() }
            #expect(error?.code == .truncated)
        }
    }

    @Test("no single wrong byte does more than cause an error", arguments: WireVersion.allCases)
    func damaged(version: WireVersion) throws {
        let bytes = try Samples.encoded(Samples.compressible(version, size: 300), compression: .pyro5)
        for index in 0..<bytes.readableBytes {
            for mask in [0x01, 0x80, 0xFF] as [UInt8] {
                var damaged = bytes
                let byte = try #require(bytes.getInteger(at: index, as: UInt8.self))
                damaged.setInteger(byte ^ mask, at: index)
                let frames = (try? Samples.decodeAll(damaged)) ?? []
                #expect(frames.count <= 1)
            }
        }
    }

    @Test("versions may alternate on one connection")
    func bothVersions() throws {
        let bytes = try Samples.encoded(Samples.full(.v48), Samples.full(.v502), Samples.full(.v48))
        #expect(try Samples.decodeAll(bytes).map(\.version) == [.v48, .v502, .v48])
    }

    @Test("a version that is not accepted is refused by its name", arguments: WireVersion.allCases)
    func otherVersion(version: WireVersion) throws {
        var bytes = try Samples.encoded(Samples.full(version))
        var decoder = FrameDecoder(limits: .standard, accepting: version == .v48 ? [.v502] : [.v48])
        decoder.append(&bytes)
        let error = #expect(throws: WireError.self) { try decoder.next() }
        #expect(error?.code == .badVersion)
        #expect(error?.detail.contains("\(version.rawValue)") == true)
        #expect(decoder.version == version)
    }

    @Test("an error is final and lets the memory go")
    func errorsStay() throws {
        var wrong = ByteBuffer(string: "rubbish, and more of it")
        var decoder = FrameDecoder(limits: .standard)
        decoder.append(&wrong)
        let first = #expect(throws: WireError.self) { try decoder.next() }
        #expect(decoder.bufferedBytes == 0)
        var right = try Samples.encoded(Samples.full(.v502))
        decoder.append(&right)
        #expect(decoder.bufferedBytes == 0)
        let second = #expect(throws: WireError.self) { try decoder.next() }
        #expect(first == second)
    }

    @Test("six bytes are enough to refuse a version, four to refuse a tag")
    func earlyRefusal() {
        #expect(Samples.refusal(ByteBuffer(string: "PYR")) == nil)
        #expect(Samples.refusal(ByteBuffer(string: "PYRX")) == .notPyro)
        #expect(Samples.refusal(ByteBuffer(bytes: [0x50, 0x59, 0x52, 0x4F, 0x01])) == nil)
        #expect(Samples.refusal(ByteBuffer(bytes: [0x50, 0x59, 0x52, 0x4F, 0x01, 0xF5])) == .badVersion)
    }

    @Test("unknown flags and the reserved field are ignored", arguments: WireVersion.allCases)
    func ignoredBits(version: WireVersion) throws {
        var bytes = try Samples.encoded(Frame(version: version, type: .connect))
        let flags: UInt16 = version == .v48 ? 0xFF80 : 0xFF80
        bytes.setInteger(flags, at: 8)
        switch version {
        case .v48:
            bytes.setInteger(UInt16(0xBEEF), at: 20)
            let sum = try #require(bytes.getInteger(at: 22, as: UInt16.self))
            bytes.setInteger(sum &+ flags, at: 22)
        case .v502:
            bytes.setInteger(UInt16(0xBEEF), at: 36)
        }
        #expect(try Samples.decodeAll(bytes) == [Frame(version: version, type: .connect)])
    }

    @Test("v502 counts a correlation id only with its flag")
    func correlationWithoutFlag() throws {
        var bytes = try Samples.encoded(Frame(version: .v502, type: .ping, correlationID: Samples.id))
        #expect(try Samples.decodeAll(bytes).first?.correlationID == Samples.id)
        bytes.setInteger(UInt16(0), at: 8)
        let frame = try #require(try Samples.decodeAll(bytes).first)
        #expect(frame.correlationID == nil)
    }

    @Test("the flags of a ping mean nothing", arguments: WireVersion.allCases)
    func pingFlags(version: WireVersion) throws {
        var bytes = try Samples.encoded(
            Frame(version: version, type: .ping, payload: ByteBuffer(string: "ping")))
        bytes.setInteger(UInt16(2), at: 8)
        if version == .v48 {
            let sum = try #require(bytes.getInteger(at: 22, as: UInt16.self))
            bytes.setInteger(sum &+ 2, at: 22)
        }
        #expect(try Samples.decodeAll(bytes).first?.payload == ByteBuffer(string: "ping"))
    }
}
