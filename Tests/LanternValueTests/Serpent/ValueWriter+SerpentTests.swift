import Testing

@testable import LanternValue

struct SerpentWriterTests {
    private func written(_ value: Value) throws -> String {
        let text = String(decoding: try encode(value, as: .serpent), as: UTF8.self)
        let header = "# serpent utf-8 python3.2\n"
        #expect(text.hasPrefix(header))
        return String(text.dropFirst(header.count))
    }

    @Test(
        "values are written as Python's serpent writes them",
        arguments: [
            (Value.tuple([]), "()"), (.tuple([.none]), "(None,)"), (.set([]), "()"),
            (.frozenSet([.int(1)]), "{1}"),
            (.list([.bool(true), .int(-10)]), "[True,-10]"),
            (.map([.init(.text("a"), .list([])), .init(.tuple([.int(1)]), .none)]), "{'a':[],(1,):None}"),
            (.bytes([0, 255]), "{'data': 'AP8=', 'encoding': 'base64'}"),
            (.complex(real: 1, imaginary: -0.0), "(1.0-0.0j)"),
            (
                .complex(real: .nan, imaginary: 1),
                "{'__class__':'complex','real':{'__class__':'float','value':'nan'},'imag':1.0}"
            ),
            (.float(-.infinity), "-1e30000"), (.float(.nan), "{'__class__':'float','value':'nan'}"),
            (.bigInt(BigInteger(UInt64.max)), "18446744073709551615"),
            (.surrogateText([0xd800, 0x41]), "'\\ud800A'"),
        ])
    func values(value: Value, expected: String) throws {
        #expect(try written(value) == expected)
    }

    @Test(
        "floats look as in Python",
        arguments: [
            (0.0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (1e15, "1000000000000000.0"), (1e16, "1e+16"),
            (9_007_199_254_740_994, "9007199254740994.0"), (9_999_999_999_999_998, "9999999999999998.0"),
            (12_345_678_901_234_568, "1.2345678901234568e+16"), (0.0001, "0.0001"), (0.00001, "1e-05"),
            (0.1, "0.1"), (.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (-1.5e-7, "-1.5e-07"),
        ])
    func floats(value: Double, expected: String) throws {
        #expect(try written(.float(value)) == expected)
    }

    @Test(
        "text looks as in Python",
        arguments: [
            ("", "''"), ("it's", "\"it's\""), ("'\"", "'\\'\"'"), ("say \"x\"", "'say \"x\"'"),
            ("\\", "'\\\\'"),
            ("\0\n\r\t\u{7f}\u{a0}", "'\\x00\\n\\r\\t\\x7f\\xa0'"), ("\u{2028}\u{feff}", "'\\u2028\\ufeff'"),
            ("\u{10ffff}", "'\\U0010ffff'"), ("\u{e9}\u{1f600}", "'\u{e9}\u{1f600}'"),
        ])
    func text(value: String, expected: String) throws {
        #expect(try written(.text(value)) == expected)
        #expect(try decode(encode(.text(value), as: .serpent), as: .serpent) == .text(value))
    }

    @Test(
        "what Python cannot read back is refused",
        arguments: [
            Value.set([.none]), .set([.frozenSet([.int(1)])]), .map([.init(.none, .int(1))]),
            .map([.init(.list([]), .int(1))]), .map([.init(.map([]), .int(1))]), .ellipsis,
            .bigInt(BigInteger(isNegative: false, magnitude: Array(repeating: .max, count: 447))),
            .bigInt(BigInteger(isNegative: true, magnitude: Array(repeating: .max, count: 1000))),
        ])
    func refusals(value: Value) {
        #expect(throws: ValueError.self) { try encode(value, as: .serpent) }
    }

    @Test("200 nested containers are written and 201 are not, whatever the limit says")
    func depth() throws {
        var value = Value.int(1)
        for _ in 0..<200 { value = .list([value]) }
        #expect(try decode(encode(value, as: .serpent), as: .serpent) == value)
        #expect(throws: ValueError.self) { try encode(.list([value]), as: .serpent, maximumDepth: 5000) }
    }
}
