import Testing

@testable import LanternValue

struct PythonKeysTests {
    @Test(
        "keys that Python takes for equal share a place",
        arguments: [
            (Value.int(1), Value.bool(true)), (.int(0), .float(-0.0)),
            (.int(2), .complex(real: 2, imaginary: 0)),
            (.tuple([.int(1), .text("a")]), .tuple([.float(1), .text("a")])),
            (
                .bigInt(BigInteger(isNegative: false, magnitude: [0, 0, 1])),
                .float(18_446_744_073_709_551_616)
            ),
            (
                .bigInt(BigInteger(isNegative: true, magnitude: [0, 0x8000_0000, 1])),
                .float(-27_670_116_110_564_327_424)
            ),
        ])
    func equal(first: Value, second: Value) {
        var keys = PythonKeys()
        #expect(keys.place(of: first) == nil)
        #expect(keys.place(of: second) == 0)
    }

    @Test(
        "keys that look alike but differ do not",
        arguments: [
            (Value.int(1), Value.text("1")), (.text("a"), .bytes([0x61])),
            (.text("\u{e9}"), .text("e\u{301}")),
            (.float(0.5), .int(0)), (.int(.max), .float(9_223_372_036_854_775_808)),
        ])
    func different(first: Value, second: Value) {
        var keys = PythonKeys()
        #expect(keys.place(of: first) == nil)
        #expect(keys.place(of: second) == nil)
    }

    @Test("many keys keep their places")
    func many() {
        var keys = PythonKeys()
        for number in 0..<100 { #expect(keys.place(of: .int(Int64(number))) == nil) }
        for number in 0..<100 { #expect(keys.place(of: .float(Double(number))) == number) }
    }
}
