import LanternValue
import Testing

struct BigIntegerTests {
    @Test(
        "decimal text survives",
        arguments: [
            "0", "1", "-1", "4294967295", "4294967296", "18446744073709551615", "-18446744073709551616",
            "1000000000", "100000000000000000000000000000", "-123456789012345678901234567890",
        ])
    func decimal(text: String) {
        #expect(BigInteger(decimal: text)?.decimalDescription == text)
    }

    @Test("4300 digits survive")
    func manyDigits() {
        let text = String(repeating: "9876543210", count: 430)
        #expect(BigInteger(decimal: text)?.decimalDescription == text)
    }

    @Test(
        "anything but digits is refused", arguments: ["", "-", "+1", "1_0", " 1", "1.0", "--1", "0x1", "١"])
    func refused(text: String) {
        #expect(BigInteger(decimal: text) == nil)
    }

    @Test("leading zeros and a negative zero vanish")
    func zeros() {
        #expect(BigInteger(decimal: "-000") == BigInteger(Int64(0)))
        #expect(BigInteger(isNegative: true, magnitude: [0, 0]).isNegative == false)
        #expect(BigInteger(decimal: "0042")?.int64 == 42)
    }

    @Test("64 bit views end exactly at their range")
    func ranges() {
        #expect(BigInteger(Int64.min).int64 == Int64.min)
        #expect(BigInteger(Int64.max).int64 == Int64.max)
        #expect(BigInteger(decimal: "9223372036854775808")?.int64 == nil)
        #expect(BigInteger(decimal: "-9223372036854775809")?.int64 == nil)
        #expect(BigInteger(UInt64.max).uint64 == UInt64.max)
        #expect(BigInteger(decimal: "18446744073709551616")?.uint64 == nil)
        #expect(BigInteger(Int64(-1)).uint64 == nil)
    }
}

struct Base64Tests {
    @Test(
        "the vectors of RFC 4648",
        arguments: ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg=="])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
    }

    @Test(
        "cut, misplaced and foreign characters are refused",
        arguments: ["Z", "Zg", "Zg=", "Zg===", "Z===", "=", "Zm9v=", "Zg==Zg==", "Zm 9v", "Zm9-"])
    func refused(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }
}
