import Testing

@testable import LanternValue

struct JSONTests {
    @Test(
        "json is read as Python reads it",
        arguments: [
            (" [1, -0, 1.5e1] ", Value.list([.int(1), .int(0), .float(15)])),
            (
                "{\"a\" : 1 , \"b\":null, \"a\":2}",
                .map([.init(.text("a"), .int(2)), .init(.text("b"), .none)])
            ),
            ("NaN", .float(.nan)), ("-Infinity", .float(-.infinity)), ("1e400", .float(.infinity)),
            ("18446744073709551616", .bigInt(BigInteger(isNegative: false, magnitude: [0, 0, 1]))),
            ("\"\\ud83d\\ude00\\/\\u0041\"", .text("\u{1f600}/A")),
            ("\"\\ud83dx\\udc00\"", .surrogateText([0xd83d, 0x78, 0xdc00])),
            ("\"\\ud83d\\u0041\"", .surrogateText([0xd83d, 0x41])),
            ("\"\u{7f}\u{e9}\"", .text("\u{7f}\u{e9}")),
        ])
    func reading(text: String, expected: Value) throws {
        #expect(try decode(Array(text.utf8), as: .json) == expected)
    }

    @Test(
        "what Python refuses is refused, read or passed over",
        arguments: [
            "", " ", "nan", "-NaN", "+1", "01", "-01", "1.", ".5", "-", "1e", "1e+", "0x10", "[1,]", "[,1]",
            "[1 2]", "[1",
            "]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{1:2}", "{,}", "\"a\nb\"", "\"\\x41\"",
            "\"\\u00e\"",
            "\"\\u 041\"", "\"abc", "\"abc\\", "\u{feff}1", "// c\n1", "1 2", "tru", "True", "nulll", "\0",
            "1\0", "\u{b}1",
        ])
    func refusals(text: String) {
        #expect(throws: ValueError.self) { try decode(Array(text.utf8), as: .json) }
        #expect(throws: ValueError.self) {
            var reader = try ValueReader(format: .json, bytes: Array(text.utf8))
            try reader.skipValue()
            try reader.endDocument()
        }
    }

    @Test("limits on depth, values and digits, from both sides")
    func limits() throws {
        var limits = DecodingLimits(depth: 3)
        limits.nodes = 5
        limits.integerDigits = 20
        let ones = { (count: Int) in Array(repeating: UInt8(ascii: "1"), count: count) }
        _ = try decode(Array("[[[1,2]]]".utf8), as: .json, limits: limits)
        _ = try decode(ones(20), as: .json, limits: limits)
        for text in ["[[[[]]]]", "[1,2,3,4,5]", "{\"a\":1,\"b\":2,\"c\":3}"] {
            #expect(throws: ValueError.self) { try decode(Array(text.utf8), as: .json, limits: limits) }
        }
        #expect(throws: ValueError.self) { try decode(ones(21), as: .json, limits: limits) }
        let deep = Array(String(repeating: "[", count: 1_000_000).utf8)
        #expect(throws: ValueError.self) { try decode(deep, as: .json) }
    }

    @Test("cursors go through lists and maps, and refuse what is none")
    func cursors() throws {
        func read<T: RemoteCodable>(_ type: T.Type, _ text: String) throws -> T {
            var reader = try ValueReader(format: .json, bytes: Array(text.utf8))
            let value = try T(from: &reader)
            try reader.endDocument()
            return value
        }
        #expect(try read([String: [Int?]].self, "{\"a\": [1, null], \"b\":[]}") == ["a": [1, nil], "b": []])
        #expect(try read([UInt8].self, "{\"data\": \"AP8=\", \"encoding\": \"base64\"}") == [0, 255])
        #expect(try read([UInt8].self, "{\"encoding\":\"base64\",\"data\":\"AP8=\"}") == [0, 255])
        #expect(try read(Double.self, "3") == 3)
        for text in ["1", "{}", "[1,]", "[1 2]", "[1", "[1.0]", "[true]", "[\"1\"]", "nul"] {
            #expect(throws: ValueError.self) { try read([Int].self, text) }
        }
        #expect(throws: ValueError.self) { try read([String: Int].self, "{\"a\":1,}") }
        #expect(throws: ValueError.self) { try read([String: Int].self, "{1:1}") }
        #expect(throws: ValueError.self) { try read(Int?.self, "nul") }
        #expect(throws: ValueError.self) { try read(String.self, "\"\\ud800\"") }
    }

    @Test(
        "values are written as Python's json writes them",
        arguments: [
            (Value.list([.none, .bool(true), .int(-1), .float(1e16)]), "[null, true, -1, 1e+16]"),
            (.tuple([.text("\u{e9}\"\\\u{1f}\u{7f}\n")]), "[\"\u{e9}\\\"\\\\\\u001f\u{7f}\\n\"]"),
            (.set([]), "[]"), (.map([]), "{}"), (.float(.nan), "NaN"), (.float(-.infinity), "-Infinity"),
            (
                .map([
                    .init(.int(1), .int(1)), .init(.float(1.5), .int(2)), .init(.bool(false), .int(3)),
                    .init(.none, .map([.init(.text("k"), .list([]))])),
                ]), "{\"1\": 1, \"1.5\": 2, \"false\": 3, \"null\": {\"k\": []}}"
            ),
        ])
    func writing(value: Value, expected: String) throws {
        #expect(String(decoding: try encode(value, as: .json), as: UTF8.self) == expected)
    }

    @Test(
        "what json has no form for is refused",
        arguments: [
            Value.complex(real: 1, imaginary: 2), .frozenSet([]), .surrogateText([0xd800]), .ellipsis,
            .map([.init(.tuple([]), .int(1))]), .map([.init(.map([]), .int(1))]),
        ])
    func unwritable(value: Value) {
        #expect(throws: ValueError.self) { try encode(value, as: .json) }
    }
}
