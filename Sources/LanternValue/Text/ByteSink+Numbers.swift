/// Numbers as Python's `repr` writes them.
extension ByteSink {
    /// "00" to "99", one pair behind the other.
    private static let pairs: StaticString =
        """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """

    @inline(__always)
    mutating func append(decimal value: Int64) {
        // A sign and at most nineteen digits.
        append(upTo: 20) { bytes in Self.write(decimal: value, to: bytes) }
    }

    /// - Parameter bytes: twenty bytes at least.
    /// - Returns: how many were written.
    @inline(__always)
    static func write(decimal value: Int64, to bytes: UnsafeMutableRawBufferPointer) -> Int {
        var rest = value.magnitude
        let sign = value < 0 ? 1 : 0
        if value < 0 { bytes[0] = UInt8(ascii: "-") }
        let end = sign &+ digitCount(rest)
        var index = end
        // A pair is at most 99, and there are 100 of them.
        let pairs = pairs.utf8Start
        while rest >= 100 {
            let pair = Int(truncatingIfNeeded: rest % 100) &* 2
            rest /= 100
            index &-= 2
            bytes[index] = pairs[pair]
            bytes[index &+ 1] = pairs[pair &+ 1]
        }
        if rest >= 10 {
            bytes[index &- 2] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / 10)
            bytes[index &- 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        } else {
            bytes[index &- 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
        }
        return end
    }

    /// - Returns: 1 to 20.
    @inline(__always)
    private static func digitCount(_ value: UInt64) -> Int {
        if value < 10_000 { return value < 100 ? (value < 10 ? 1 : 2) : (value < 1000 ? 3 : 4) }
        if value < 100_000_000 {
            return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : (value < 10_000_000 ? 7 : 8)
        }
        var digits = 9
        var limit: UInt64 = 1_000_000_000
        while value >= limit, digits < 19 {
            digits &+= 1
            limit &*= 10
        }
        return value >= 10_000_000_000_000_000_000 ? 20 : digits
    }

    private static let powers: [Double] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6]

    /// The shortest digits that read back equal; an exponent from 1e16 up and below 1e-4.
    ///
    /// - Parameter value: finite.
    mutating func append(repr value: Double) {
        // Swift goes over to exponents at 2^53 already; up to 1e16 the whole number has the shortest digits.
        if value.magnitude < 1e16, let whole = Int64(exactly: value), whole != 0 {
            append(decimal: whole)
            append(literal: ".0")
        } else if !append(fraction: value) {
            append(contentsOf: value.description)
        }
    }

    /// Appends a number with at most six places behind the point and fifteen digits in all.
    ///
    /// A double has room for any fifteen digits, so the only such number that reads back equal is the shortest form,
    /// and a correctly rounded division tells whether one does.
    ///
    /// - Returns: false for any other number, of which nothing is appended.
    private mutating func append(fraction value: Double) -> Bool {
        guard value.magnitude >= 1e-4, value.magnitude < 1e9 else { return false }
        for places in 1...6 {
            let power = Self.powers[places]
            let scaled = (value.magnitude * power).rounded()
            guard scaled / power == value.magnitude else { continue }
            append(upTo: 24) { bytes in
                let sign = value < 0 ? 1 : 0
                if value < 0 { bytes[0] = UInt8(ascii: "-") }
                // Under 1e15 and whole, so it fits; the digits behind the point move right to make room for it.
                let digits = UnsafeMutableRawBufferPointer(rebasing: bytes[sign...])
                let unit = UInt64(scaled)
                let divisor = UInt64(power)
                let whole = Self.write(decimal: Int64(unit / divisor), to: digits)
                digits[whole] = UInt8(ascii: ".")
                var rest = unit % divisor
                var index = whole &+ places
                while index > whole {
                    digits[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                    index &-= 1
                }
                return sign &+ whole &+ 1 &+ places
            }
            return true
        }
        return false
    }
}
