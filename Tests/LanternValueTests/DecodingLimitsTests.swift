import LanternValue
import Testing

/// Every limit from both sides, and what a hostile sender would try.
struct DecodingLimitsTests {
    private func code(_ bytes: [UInt8], _ format: SerializerFormat, _ limits: DecodingLimits = .init())
        -> ValueError.Code?
    {
        do {
            _ = try decode(bytes, as: format, limits: limits)
            return nil
        } catch { return error.code }
    }

    private func nested(_ depth: Int) -> Value {
        (0..<depth).reduce(Value.int(1)) { inner, _ in .list([inner]) }
    }

    @Test("D26: nesting is read down to the limit and not below", arguments: SerializerFormat.allCases)
    func depth(format: SerializerFormat) throws {
        let limits = DecodingLimits(depth: 10)
        #expect(code(try encode(nested(10), as: format), format, limits) == nil)
        #expect(code(try encode(nested(11), as: format), format, limits) == .limitExceeded)
    }

    @Test("nesting is written down to the limit and not below", arguments: SerializerFormat.allCases)
    func writingDepth(format: SerializerFormat) {
        #expect(throws: Never.self) { try encode(nested(200), as: format) }
        #expect(throws: ValueError.self) { try encode(nested(201), as: format) }
    }

    @Test("a deep tree costs no stack", arguments: [SerializerFormat.msgpack, .marshal])
    func skipping(format: SerializerFormat) throws {
        let bytes =
            format == .msgpack
            ? [UInt8](repeating: 0x91, count: 100_000) + [1]
            : Array(repeatElement([0x5b, 1, 0, 0, 0], count: 100_000).joined()) + [0x4e]
        #expect(code(bytes, format) == .limitExceeded)
        var reader = try ValueReader(format: format, bytes: bytes)
        if format == .msgpack {
            #expect(throws: Never.self) { try reader.skipValue() }
        } else {
            #expect(throws: ValueError.self) { try reader.skipValue() }
        }
    }

    @Test("values are counted up to the limit", arguments: [SerializerFormat.msgpack, .marshal])
    func nodes(format: SerializerFormat) throws {
        var limits = DecodingLimits()
        limits.nodes = 100
        let fitting = Value.list(Array(repeating: 0, count: 100))
        let surplus = Value.list(Array(repeating: 0, count: 101))
        #expect(code(try encode(fitting, as: format), format, limits) == nil)
        #expect(code(try encode(surplus, as: format), format, limits) == .limitExceeded)
    }

    @Test("integer digits are read up to the limit", arguments: SerializerFormat.allCases)
    func digits(format: SerializerFormat) throws {
        var limits = DecodingLimits()
        limits.integerDigits = 30
        let fitting = try #require(BigInteger(decimal: String(repeating: "9", count: 30)))
        let surplus = try #require(BigInteger(decimal: String(repeating: "9", count: 32)))
        #expect(code(try encode(.bigInt(fitting), as: format), format, limits) == nil)
        #expect(code(try encode(.bigInt(surplus), as: format), format, limits) == .limitExceeded)
    }

    @Test(
        "an announced size is checked before memory is taken",
        arguments: [
            "dcffff", "ddffffffff", "dfffffffff", "c6ffffffff", "dbffffffff", "c9ffffffff30", "de8000",
        ])
    func announcedMsgpack(hex: String) throws {
        let bytes = try #require([UInt8](hex: hex))
        #expect(code(bytes, .msgpack) == .truncated)
        var reader = try ValueReader(format: .msgpack, bytes: bytes)
        #expect(throws: ValueError.self) { try reader.skipValue() }
    }

    @Test("references that multiply end at the limit of values")
    func billionLaughs() throws {
        // Each list holds ten references to the one before.
        var bytes: [UInt8] = [0x5b, 9, 0, 0, 0, 0xdb, 10, 0, 0, 0] + [UInt8](repeating: 0x4e, count: 10)
        for level in UInt8(0)..<8 {
            bytes += [0xdb, 10, 0, 0, 0]
            for _ in 0..<10 { bytes += [0x72, level, 0, 0, 0] }
        }
        var limits = DecodingLimits()
        limits.nodes = 100_000
        #expect(code(bytes, .marshal, limits) == .limitExceeded)
    }

    @Test("references to long bytes are paid for each time")
    func repeatedBytes() throws {
        let long = [UInt8](repeating: 7, count: 16_000)
        var bytes: [UInt8] = [0x5b, 0xe9, 3, 0, 0, 0xf3, 0x80, 0x3e, 0, 0] + long
        for _ in 0..<1000 { bytes += [0x72, 0, 0, 0, 0] }
        var limits = DecodingLimits()
        #expect(code(bytes, .marshal, limits) == nil)
        limits.nodes = 100_000
        #expect(code(bytes, .marshal, limits) == .limitExceeded)
    }

    @Test("a list that refers to itself is refused on the static path too")
    func selfReference() throws {
        let bytes: [UInt8] = [0xdb, 1, 0, 0, 0, 0x72, 0, 0, 0, 0]
        #expect(code(bytes, .marshal) == .limitExceeded)
        var reader = try ValueReader(format: .marshal, bytes: bytes)
        #expect(throws: ValueError.self) {
            while true { var cursor = try reader.beginSequence(); _ = try reader.hasNext(&cursor) }
        }
    }

    @Test("references are followed on the static path")
    func references() throws {
        // A list, text and the text again; the reader goes on behind the reference.
        let bytes: [UInt8] = [0x5b, 3, 0, 0, 0, 0xda, 1, 0x61, 0x72, 0, 0, 0, 0, 0x7a, 1, 0x62]
        var reader = try ValueReader(format: .marshal, bytes: bytes)
        #expect(try [String](from: &reader) == ["a", "a", "b"])
    }

    @Test("msgpack keys other than text and bytes are neither read nor written")
    func keys() throws {
        #expect(code([0x81, 1, 2], .msgpack) == .unsupported)
        var reader = try ValueReader(format: .msgpack, bytes: [0x81, 1, 2])
        #expect(throws: ValueError.self) { try [Int: Int](from: &reader) }
        #expect(throws: ValueError.self) { try encode([1: 2], as: .msgpack) }
    }

    @Test("many keys with many duplicates are read in linear time, the last value staying")
    func duplicates() throws {
        var writer = ValueWriter(format: .msgpack)
        try writer.beginMap(count: 40_000)
        for number in 0..<40_000 {
            try writer.write("k\(number % 20_000)")
            try writer.write(Int64(number))
        }
        try writer.endMap()
        let value = try decode(writer.output, as: .msgpack)
        #expect(value.pairs?.count == 20_000)
        #expect(value["k0"]?.intValue == 20_000)
    }
}
