/// Decimal text, nine digits at a time.
///
/// The time grows with the square of the length, so whoever reads a stranger's digits counts them first
/// (``DecodingLimits/integerDigits``).
extension BigInteger {
    /// - Parameter decimal: ASCII digits, at least one, with an optional minus sign in front.
    public init?(decimal: some StringProtocol) {
        self.init(decimal: Array(decimal.utf8))
    }

    /// - Parameter decimal: ASCII digits, at least one, with an optional minus sign in front.
    public init?(decimal: [UInt8]) {
        let isNegative = decimal.first == UInt8(ascii: "-")
        let digits = decimal.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty else { return nil }
        var magnitude: [UInt32] = []
        magnitude.reserveCapacity(digits.count / 9 + 1)
        var chunk: UInt32 = 0
        var scale: UInt32 = 1
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            chunk = chunk &* 10 &+ UInt32(digit &- UInt8(ascii: "0"))
            scale = scale &* 10
            if scale == 1_000_000_000 {
                Self.multiply(&magnitude, by: scale, adding: chunk)
                chunk = 0
                scale = 1
            }
        }
        if scale > 1 { Self.multiply(&magnitude, by: scale, adding: chunk) }
        self.init(isNegative: isNegative, magnitude: magnitude)
    }

    /// The digits, with a minus sign in front of a negative number.
    public var decimalDescription: String {
        String(decoding: decimalDigits, as: UTF8.self)
    }

    /// ``decimalDescription`` as ASCII.
    package var decimalDigits: [UInt8] {
        guard !magnitude.isEmpty else { return [UInt8(ascii: "0")] }
        var reversed: [UInt8] = []
        reversed.reserveCapacity(magnitude.count * 10 + 1)
        var rest = magnitude
        while !rest.isEmpty {
            var chunk = Self.divide(&rest, by: 1_000_000_000)
            // All chunks but the last one read have their nine digits.
            for _ in 0..<9 where !rest.isEmpty || chunk > 0 {
                reversed.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: chunk % 10))
                chunk /= 10
            }
        }
        if isNegative { reversed.append(UInt8(ascii: "-")) }
        reversed.reverse()
        return reversed
    }

    private static func multiply(_ magnitude: inout [UInt32], by factor: UInt32, adding addend: UInt32) {
        var carry = UInt64(addend)
        for index in magnitude.indices {
            let product = UInt64(magnitude[index]) &* UInt64(factor) &+ carry
            magnitude[index] = UInt32(truncatingIfNeeded: product)
            carry = product >> 32
        }
        if carry > 0 { magnitude.append(UInt32(truncatingIfNeeded: carry)) }
    }

    /// Divides in place, drops leading zeros, and returns the remainder.
    private static func divide(_ magnitude: inout [UInt32], by divisor: UInt32) -> UInt32 {
        var remainder: UInt64 = 0
        for index in magnitude.indices.reversed() {
            let part = remainder << 32 | UInt64(magnitude[index])
            magnitude[index] = UInt32(truncatingIfNeeded: part / UInt64(divisor))
            remainder = part % UInt64(divisor)
        }
        while magnitude.last == 0 { magnitude.removeLast() }
        return UInt32(truncatingIfNeeded: remainder)
    }
}

extension BigInteger: CustomStringConvertible {
    public var description: String { decimalDescription }
}
