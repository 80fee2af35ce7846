/// Numbers as Python's `repr` writes them.
extension [UInt8] {
    mutating func append(literal: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        if rest < 10 { return append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)) }
        let start = count
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit))
            rest = quotient
        }
        self[start...].reverse()
    }

    /// The shortest digits that read back equal; an exponent from 1e16 up and below 1e-4.
    ///
    /// - Parameter value: finite.
    mutating func append(repr value: Double) {
        // Swift goes over to exponents at 2^53 already; up to 1e16 the whole number has the shortest digits.
        if value.magnitude < 1e16, let whole = Int64(exactly: value), whole != 0 {
            append(decimal: whole)
            append(literal: ".0")
        } else {
            append(contentsOf: value.description.utf8)
        }
    }
}
