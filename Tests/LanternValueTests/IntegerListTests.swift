import Testing

@testable import LanternValue

/// Lists of integers have a way of their own.
struct IntegerListTests {
    private static let edges: [Int64] = [
        0, 1, 127, 128, 255, 256, 65535, 65536, 4_294_967_295, 4_294_967_296, .max, -1, -32, -33, -128, -129,
        -32768,
        -32769, -2_147_483_648, -2_147_483_649, .min,
    ]

    @Test("all sizes are written as one by one and read back", arguments: SerializerFormat.allCases)
    func edges(format: SerializerFormat) throws {
        for count in [0, 1, 5, 21, 255, 256, 257, 2000] {
            let integers = (0..<count).map { Self.edges[$0 % Self.edges.count] }
            var writer = ValueWriter(format: format)
            try integers.write(to: &writer)
            let bytes = writer.takeOutput()
            #expect(try bytes == encode(.list(integers.map { .int($0) }), as: format))
            var reader = try ValueReader(format: format, bytes: bytes)
            #expect(try [Int64](from: &reader) == integers)
            try reader.endDocument()
        }
    }

    @Test("longer forms than needed are taken")
    func longForms() throws {
        let bytes: [UInt8] =
            [
                0x96, 0xcc, 1, 0xcd, 0, 2, 0xce, 0, 0, 0, 3, 0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                0xfe,
            ]
            + [0xcf, 0, 0, 0, 0, 0, 0, 0, 4, 0xd0, 0x80]
        var reader = try ValueReader(format: .msgpack, bytes: bytes)
        #expect(try [Int](from: &reader) == [1, 2, 3, -2, 4, -128])
    }

    @Test("a member that does not fit is refused wherever it stands", arguments: [0, 1, 250, 299])
    func misfits(place: Int) throws {
        let wrong: [(Value, SerializerFormat)] = [
            (.text("x"), .msgpack), (.float(1), .msgpack), (.int(300), .msgpack), (.int(-1), .msgpack),
            (Value(UInt64.max), .msgpack), (.none, .json), (.int(70_000), .json), (.bool(true), .serpent),
        ]
        for (value, format) in wrong {
            var members = [Value](repeating: .int(1), count: 300)
            members[place] = value
            var reader = try ValueReader(format: format, bytes: encode(.list(members), as: format))
            if value == .int(300) || value == .int(70_000) {
                #expect(throws: ValueError.self) { try [Int8](from: &reader) }
            } else {
                #expect(throws: ValueError.self) { try [UInt32](from: &reader) }
            }
        }
    }

    @Test("an announced count over the bytes that are there is refused, as is a cut member")
    func cut() throws {
        for bytes: [UInt8] in [
            [0x93, 1, 2], [0xdd, 0xff, 0xff, 0xff, 0xff, 1], [0x91, 0xd3, 1, 2, 3], [0x91],
        ] {
            var reader = try ValueReader(format: .msgpack, bytes: bytes)
            #expect(throws: ValueError.self) { try [Int](from: &reader) }
        }
        var limits = DecodingLimits()
        limits.nodes = 10
        for count in [10, 11] {
            let bytes = try encode(.list([Value](repeating: .int(1), count: count)), as: .msgpack)
            var reader = try ValueReader(format: .msgpack, bytes: bytes, limits: limits)
            if count == 10 {
                #expect(try [Int](from: &reader).count == 10)
            } else {
                #expect(throws: ValueError.self) { try [Int](from: &reader) }
            }
        }
    }
}
