import Testing

@testable import LanternValue

struct SerpentReaderTests {
    @Test(
        "a literal is read as Python reads it",
        arguments: [
            ("# serpent utf-8 python3.2\n[1]", Value.list([.int(1)])),
            ("\t 1 # tail", .int(1)),
            ("\\\n1", .int(1)),
            ("((1))", .int(1)),
            ("(1,)", .tuple([.int(1)])),
            ("[ 1 ,\n # note\n 2, ]", .list([.int(1), .int(2)])),
            ("{1, 1.0, True, 2}", .set([.int(1), .int(2)])),
            ("{'a': 1, 'b': 2, 'a': 3}", .map([.init(.text("a"), .int(3)), .init(.text("b"), .int(2))])),
            ("{1: 'x', True: 'y'}", .map([.init(.int(1), .text("y"))])),
            ("set( )", .set([])),
            ("...", .ellipsis),
            ("- 1", .int(-1)),
            ("-9223372036854775808", .int(.min)),
            ("0x_1F", .int(31)),
            ("0b101", .int(5)),
            ("1_000", .int(1000)),
            ("1_0.5e0_1", .float(105)),
            ("01.5", .float(1.5)),
            (".5", .float(0.5)),
            ("1e400", .float(.infinity)),
            ("-1j", .complex(real: -0.0, imaginary: -1)),
            ("(-0.0-0.0j)", .complex(real: -0.0, imaginary: 0)),
            ("'a' \"b\"", .text("ab")),
            ("('a'\n'b')", .text("ab")),
            ("u'\u{e9}'", .text("\u{e9}")),
            ("'\\x41\\u0042\\U00000043\\104\\q'", .text("ABCD\\q")),
            ("'\\N{bullet}\\N{LATIN SMALL LETTER A}'", .text("\u{2022}a")),
            ("'''a\r\nb'c'''", .text("a\nb'c")),
            ("r'\\n\\''", .text("\\n\\'")),
            ("b'a\\xff' rb'\\n'", .bytes([0x61, 0xff, 0x5c, 0x6e])),
            ("'\\ud83d\\ude00'", .surrogateText([0xd83d, 0xde00])),
            ("{'__class__':'float','value':'nan'}", .float(.nan)),
            ("[{'__class__':'float','value':' -1_0.5 '}]", .list([.float(-10.5)])),
        ])
    func literals(text: String, expected: Value) throws {
        #expect(try decode(Array(text.utf8), as: .serpent) == expected)
    }

    @Test(
        "what Python refuses is refused, read or passed over",
        arguments: [
            "", "# only a comment", "1;", "1 2", "1\n2", " 1\n 2", "\n 1", "[1,,2]", "[,]", "(,)", "{,}",
            "{1:2,3}",
            "{1,2:3}", "{:}", "017", "1__0", "1_", "0x", "0x_", "0o8", "1e", "1abc", ".", "--1", "+-1", "1+2",
            "2j+1",
            "(1+2j)+3j", "1+-2j", "1+2j+3j", "-True", "-(-1)", "nan", "true", "set([])", "dict()", "'a' b'b'",
            "b'\u{e9}'", "ur'x'", "f'x'", "'a\nb'", "'\\x4'", "'\\u12'", "'\\U00110000'",
            "'\\N{NO SUCH NAME}'",
            "'\\N{BULLET'", "'\0'", "\u{feff}1", "\u{a0}1", "{**{}}", "[*[]]", "x.y", "(x:=1)", "[", "]",
            "'abc",
            "'''abc''", "b'", "[1)", "1 \\", "(1 2)",
        ])
    func refusals(text: String) {
        #expect(throws: ValueError.self) { try decode(Array(text.utf8), as: .serpent) }
        #expect(throws: ValueError.self) {
            var reader = try ValueReader(format: .serpent, bytes: Array(text.utf8))
            try reader.skipValue()
            try reader.endDocument()
        }
    }

    @Test(
        "what cannot be a key or a member is refused",
        arguments: ["{[]:1}", "{{}}", "{(1,[]):1}", "{set()}", "{{'__class__':'float','value':'nan'}:1}"])
    func unhashable(text: String) {
        #expect(throws: ValueError.self) { try decode(Array(text.utf8), as: .serpent) }
    }

    @Test(
        "bytes that are not UTF-8 are refused, in comments too",
        arguments: [[0x27, 0xff, 0x27], [0x27, 0xed, 0xa0, 0x80, 0x27], [0x31, 0x23, 0xc0, 0x80]] as [[UInt8]]
    )
    func badUTF8(bytes: [UInt8]) {
        #expect(throws: ValueError.self) { try decode(bytes, as: .serpent) }
    }

    @Test("a float class inside another class dict stays a map")
    func floatInsideClass() throws {
        let text = "{'__class__':'x.Y','args':({'__class__':'float','value':'nan'},)}"
        let value = try decode(Array(text.utf8), as: .serpent)
        #expect(value["args"]?.elements?.first?["value"] == .text("nan"))
    }

    @Test("200 brackets pass and 201 do not, whatever the limit says")
    func depth() throws {
        let brackets = { (count: Int) in
            Array(String(repeating: "[", count: count).utf8)
                + Array(String(repeating: "]", count: count).utf8)
        }
        _ = try decode(brackets(200), as: .serpent)
        for limits in [DecodingLimits(), DecodingLimits(depth: 5000)] {
            #expect(throws: ValueError.self) { try decode(brackets(201), as: .serpent, limits: limits) }
        }
        _ = try decode(brackets(3), as: .serpent, limits: .init(depth: 3))
        #expect(throws: ValueError.self) { try decode(brackets(4), as: .serpent, limits: .init(depth: 3)) }
        let parentheses = Array(String(repeating: "(", count: 100_000).utf8)
        #expect(throws: ValueError.self) { try decode(parentheses, as: .serpent) }
        var reader = try ValueReader(format: .serpent, bytes: parentheses)
        #expect(throws: ValueError.self) { try reader.readNone() }
        #expect(throws: ValueError.self) { try reader.beginSequence() }
    }

    @Test("values are counted, kept or not")
    func nodes() throws {
        var limits = DecodingLimits()
        limits.nodes = 4
        #expect(try decode(Array("[1,2,3]".utf8), as: .serpent, limits: limits).elements?.count == 3)
        #expect(throws: ValueError.self) { try decode(Array("[1,2,3,4]".utf8), as: .serpent, limits: limits) }
        var reader = try ValueReader(format: .serpent, bytes: Array("[1,2,3,4]".utf8), limits: limits)
        #expect(throws: ValueError.self) { try reader.skipValue() }
    }

    @Test("4300 digits pass and 4301 do not")
    func digits() throws {
        let nines = Array(repeating: UInt8(ascii: "9"), count: 4300)
        guard case .bigInt(let big) = try decode(nines, as: .serpent) else {
            Issue.record("no big integer")
            return
        }
        #expect(big.decimalDigits == nines)
        #expect(throws: ValueError.self) { try decode(nines + nines[..<1], as: .serpent) }
    }
}
