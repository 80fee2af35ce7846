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
        let size = value.magnitude
        if size < 1e15, let whole = Int64(exactly: value), whole != 0 {
            append(decimal: whole)
            return append(literal: ".0")
        }
        // Swift's description differs from Python's in one range only: it goes on without exponent up to 2^54.
        if size >= 1e16, size < 18_014_398_509_481_984 {
            appendExponent(value)
        } else {
            append(contentsOf: value.description.utf8)
        }
    }

    /// Seventeen digits in front of the point, as one digit, a point, the rest and `e+16`.
    private mutating func appendExponent(_ value: Double) {
        var digits = [UInt8](value.magnitude.description.utf8)
        if digits.suffix(2).elementsEqual(".0".utf8) { digits.removeLast(2) }
        guard digits.count == 17, !digits.contains(UInt8(ascii: "e")) else {
            return append(contentsOf: value.description.utf8)
        }
        if value < 0 { append(UInt8(ascii: "-")) }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        append(digits[0])
        if digits.count > 1 {
            append(UInt8(ascii: "."))
            append(contentsOf: digits[1...])
        }
        append(literal: "e+16")
    }
}
