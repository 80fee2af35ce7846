import Testing

@testable import LanternValue

/// Numbers at the edge of the short way of reading them.
struct ShortNumberTests {
    @Test(
        "numbers are what Python reads",
        arguments: [
            ("0", .int(0)), ("-0", .int(0)), ("7", .int(7)), ("-12", .int(-12)),
            ("999999999999999999", .int(999_999_999_999_999_999)),
            ("1000000000000000000", .int(1_000_000_000_000_000_000)),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("0.5", .float(0.5)), ("-0.0", .float(-0.0)), ("1.10", .float(1.1)), ("1e3", .float(1000)),
            ("0.30000000000000004", .float(0.30000000000000004)),
            ("9007199254740993.0", .float(9_007_199_254_740_992)),
            ("123456789012345678.5", .float(123_456_789_012_345_680)), ("0.000001", .float(0.000001)),
            ("1.5E-7", .float(1.5e-7)),
        ] as [(String, Value)])
    func numbers(text: String, value: Value) throws {
        for format in [SerializerFormat.json, .serpent] {
            #expect(try decode(Array(text.utf8), as: format) == value)
            #expect(try decode(Array("[\(text)]".utf8), as: format) == .list([value]))
            #expect(try decode(Array("[ \(text) , \(text)]".utf8), as: format) == .list([value, value]))
            var reader = try ValueReader(format: format, bytes: Array("[\(text)]".utf8))
            if case .int(let integer) = value {
                #expect(try [Int64](from: &reader) == [integer])
            } else {
                #expect(try [Double](from: &reader).first.map { Value.float($0) } == value)
            }
        }
    }

    @Test(
        "what is no number is refused",
        arguments: ["01", "1.", "-", "--1", "1e", "1.e", "0x", "1 2", "1a", "+", "1_"])
    func refused(text: String) {
        for format in [SerializerFormat.json, .serpent] where !(format == .serpent && text == "1.") {
            #expect(throws: ValueError.self) { try decode(Array("[\(text)]".utf8), as: format) }
            #expect(throws: ValueError.self) {
                var reader = try ValueReader(format: format, bytes: Array("[\(text)]".utf8))
                let value = try [Int](from: &reader)
                try reader.endDocument()
                return value
            }
        }
    }
}
