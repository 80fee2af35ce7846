import NIOCore
import Testing

@testable import LanternWire

struct FrameEncoderTests {
    @Test("the example call of the protocol paper comes out byte by byte")
    func example() throws {
        let payload = ByteBuffer(string: "# serpent utf-8 python3.2\n('svc','nothing',(),{})")
        let old = Frame(version: .v48, type: .invoke, sequence: 1, payload: payload)
        let header48 = try #require(bytes(hex: "5059524f0030000400000001000000310001000000003550"))
        #expect(try Samples.encoded(old).getSlice(at: 0, length: 24) == header48)
        let new = Frame(version: .v502, type: .invoke, sequence: 1, payload: payload)
        let header502 = try #require(
            bytes(
                hex: "5059524f01f60401000000010000003100000000"
                    + "0000000000000000000000000000000000004dc5"))
        #expect(try Samples.encoded(new).getSlice(at: 0, length: 40) == header502)
    }

    @Test("several frames go into one buffer", arguments: WireVersion.allCases)
    func batch(version: WireVersion) throws {
        let frames = (0..<5).map { Frame(version: version, type: .result, sequence: UInt16($0)) }
        var buffer = ByteBuffer()
        for frame in frames { try FrameEncoder.encode(frame, into: &buffer) }
        #expect(try Samples.decodeAll(buffer) == frames)
    }

    @Test("v48 compresses from 200 bytes on and only when it gets smaller")
    func whenSmaller() throws {
        func isCompressed(_ payload: ByteBuffer) throws -> Bool {
            let frame = Frame(version: .v48, type: .result, payload: payload)
            let bytes = try Samples.encoded(frame, compression: .whenSmaller())
            let read = try #require(try Samples.decodeAll(bytes).first)
            #expect(read.payload == payload)
            return read.flags.contains(.compressed)
        }
        #expect(try !isCompressed(ByteBuffer(repeating: 0x61, count: 199)))
        #expect(try isCompressed(ByteBuffer(repeating: 0x61, count: 200)))
        var generator = SystemRandomNumberGenerator()
        let noise = ByteBuffer(bytes: (0..<500).map { _ in UInt8.random(in: 0...255, using: &generator) })
        #expect(try !isCompressed(noise))
    }

    @Test("v502 compresses everything over 100 bytes")
    func pyro5() throws {
        for (size, expected) in [(100, false), (101, true)] {
            let payload = ByteBuffer(repeating: 0x61, count: size)
            let frame = Frame(version: .v502, type: .result, payload: payload)
            let bytes = try Samples.encoded(frame, compression: .pyro5)
            #expect(try Samples.decodeAll(bytes).first?.flags.contains(.compressed) == expected)
        }
    }

    @Test("a frame that was compressed is sent plain unless asked, and says so")
    func compressedFlag() throws {
        let frame = Frame(version: .v502, type: .result, flags: .compressed, payload: ByteBuffer(string: "x"))
        #expect(try Samples.decodeAll(Samples.encoded(frame)).first?.flags == [])
    }

    @Test("the limit counts the bytes that travel, and a refused frame writes nothing")
    func limit() throws {
        let frame = Samples.compressible(.v502, size: 1000)
        var buffer = ByteBuffer(string: "before")
        let tight = FrameLimits(maximumMessage: 1000)
        let error = #expect(throws: WireError.self) {
            try FrameEncoder.encode(frame, into: &buffer, limits: tight)
        }
        #expect(error?.code == .frameTooLarge)
        #expect(buffer == ByteBuffer(string: "before"))
        try FrameEncoder.encode(frame, into: &buffer, compression: .pyro5, limits: tight)
        let exact = FrameLimits(maximumMessage: 1000 + frame.annotations.encodedSize(.v502))
        try FrameEncoder.encode(frame, into: &buffer, limits: exact)
    }

    @Test("v48 has room for 65535 bytes of annotations")
    func annotationBlock() throws {
        var frame = Frame(version: .v48, type: .invoke)
        frame.annotations[.blob] = ByteBuffer(repeating: 1, count: 65529)
        #expect(try Samples.decodeAll(Samples.encoded(frame)) == [frame])
        frame.annotations[.blob] = ByteBuffer(repeating: 1, count: 65530)
        #expect(throws: WireError.self) { try Samples.encoded(frame) }
        frame.version = .v502
        #expect(try Samples.decodeAll(Samples.encoded(frame)) == [frame])
    }

    @Test("what a version has no number for is refused")
    func notRepresentable() throws {
        let refused: [Frame] = [
            Frame(version: .v502, type: .invoke, serializer: .pickle),
            Frame(version: .v502, type: .invoke, serializer: .cloudpickle),
            Frame(version: .v502, type: .invoke, serializer: .dill),
            Frame(version: .v502, type: .invoke, serializer: .unknown(256)),
            Frame(version: .v502, type: MessageType(rawValue: 260)),
        ]
        for frame in refused {
            let error = #expect(throws: WireError.self) { try Samples.encoded(frame) }
            #expect(error?.code == .notRepresentable)
        }
    }

    @Test("a correlation id goes into the header of v502 and in front of the annotations of v48")
    func correlation() throws {
        let old = try Samples.encoded(Samples.full(.v48))
        #expect(old.getString(at: 24, length: 4) == "CORR")
        let new = try Samples.encoded(Samples.full(.v502))
        #expect(new.getInteger(at: 20, as: UInt64.self) == Samples.id.high)
        #expect(new.getInteger(at: 28, as: UInt64.self) == Samples.id.low)
    }
}
