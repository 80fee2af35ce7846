import NIOCore
import Testing

@testable import LanternWire

struct AnnotationReadingTests {
    @Test("an entry that runs over the end of the block is refused", arguments: WireVersion.allCases)
    func overrun(version: WireVersion) throws {
        let exact = RawFrame.chunk("AAAA", version, announcing: 3, [1, 2, 3])
        #expect(Samples.refusal(RawFrame.frame(version, annotations: [exact], payload: [9])) == nil)
        let over = RawFrame.chunk("AAAA", version, announcing: 4, [1, 2, 3])
        #expect(Samples.refusal(RawFrame.frame(version, annotations: [over], payload: [9])) == .badAnnotation)
        let huge = RawFrame.chunk("AAAA", version, announcing: 0xFFFF_FFFF, [1, 2, 3])
        #expect(Samples.refusal(RawFrame.frame(version, annotations: [huge])) == .badAnnotation)
    }

    @Test("a block that ends anywhere inside an entry is refused", arguments: WireVersion.allCases)
    func cut(version: WireVersion) throws {
        let block = RawFrame.chunk("AAAA", version, [1, 2, 3]) + RawFrame.chunk("BBBB", version, [4])
        let whole = [0, 3 + version.annotationOverhead, block.count]
        for length in 0...block.count {
            let part = Array(block.prefix(length))
            let frame = RawFrame.frame(version, annotations: [part], payload: [1, 2, 3, 4])
            let expected: WireError.Code? = whole.contains(length) ? nil : .badAnnotation
            #expect(Samples.refusal(frame) == expected, "\(length)")
        }
    }

    @Test("a repeated name keeps its place and takes the last data", arguments: WireVersion.allCases)
    func repeated(version: WireVersion) throws {
        let bytes = RawFrame.frame(
            version,
            annotations: [
                RawFrame.chunk("AAAA", version, [1]), RawFrame.chunk("BBBB", version, [2]),
                RawFrame.chunk("AAAA", version, [3]),
            ])
        let annotations = try #require(try Samples.decodeAll(bytes).first).annotations
        #expect(annotations.entries.map(\.tag.description) == ["AAAA", "BBBB"])
        #expect(annotations.entries.first?.data == ByteBuffer(bytes: [3]))
    }

    @Test("a name that is not ASCII is refused", arguments: WireVersion.allCases)
    func notASCII(version: WireVersion) {
        var chunk = RawFrame.chunk("AAAA", version, [1])
        for place in 0..<4 {
            chunk[place] = 0x80
            #expect(Samples.refusal(RawFrame.frame(version, annotations: [chunk])) == .badAnnotation)
            chunk[place] = 0x7F
            #expect(Samples.refusal(RawFrame.frame(version, annotations: [chunk])) == nil)
        }
    }

    @Test("the correlation id of v48 has sixteen bytes", arguments: [0, 5, 15, 17])
    func correlationSize(size: Int) {
        let chunk = RawFrame.chunk("CORR", .v48, Array(repeating: 1, count: size))
        #expect(Samples.refusal(RawFrame.frame(.v48, annotations: [chunk])) == .badAnnotation)
    }

    @Test("v48 turns CORR into the correlation id, v502 leaves it alone")
    func correlation() throws {
        let data = Array(UInt8(1)...16)
        let oldBytes = RawFrame.frame(.v48, annotations: [RawFrame.chunk("CORR", .v48, data)])
        let old = try #require(try Samples.decodeAll(oldBytes).first)
        #expect(old.correlationID == CorrelationID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))
        #expect(old.annotations.isEmpty)
        let newBytes = RawFrame.frame(.v502, annotations: [RawFrame.chunk("CORR", .v502, data)])
        let new = try #require(try Samples.decodeAll(newBytes).first)
        #expect(new.correlationID == nil)
        #expect(new.annotations[.correlation] == ByteBuffer(bytes: data))
    }

    @Test("I4: HMAC is refused in v48 with a reason, and a free name in v502")
    func hmac() {
        let signature = Array(repeating: UInt8(7), count: 20)
        let old = RawFrame.frame(.v48, annotations: [RawFrame.chunk("HMAC", .v48, signature)])
        #expect(Samples.refusal(old) == .hmacNotSupported)
        let new = RawFrame.frame(.v502, annotations: [RawFrame.chunk("HMAC", .v502, signature)])
        #expect(Samples.refusal(new) == nil)
    }
}
