/// A number with what Python's grammar has to know about how it was written.
struct SerpentOperand {
    let value: Value
    /// Written with a sign in front: no second one may follow.
    var isSigned = false
    /// Written as a sum: it can be no part of another one.
    var isSum = false

    init(_ value: Value) { self.value = value }

    var isNumber: Bool {
        switch value {
        case .int, .bigInt, .float, .complex: true
        default: false
        }
    }
}

/// Numbers: signs, complex sums, radix prefixes, underscores.
extension ValueReader {
    /// `number`, `-number`, `real + imaginary`, or whatever else starts with a parenthesis or a point.
    mutating func serpentSum(_ tree: inout SerpentTree) throws(ValueError) -> SerpentOperand {
        let left = try serpentSigned(&tree)
        if SerpentSyntax.endsMember(textByte(at: position)) || !left.isNumber { return left }
        serpentSkipSpace()
        let sign = textByte(at: position)
        guard SerpentSyntax.isPlusOrMinus(sign) else { return left }
        position &+= 1
        let right = try serpentOperand(&tree)
        guard !left.isSum, !right.isSum, !right.isSigned, case .complex(_, let imaginary) = right.value else {
            throw .malformed("an operator, which is no literal")
        }
        if case .complex = left.value { throw .malformed("a sum that is no complex number") }
        let real = try Self.double(from: left.value)
        let isMinus = sign == UInt8(ascii: "-")
        var sum = SerpentOperand(
            .complex(real: isMinus ? real - 0 : real + 0, imaginary: isMinus ? 0 - imaginary : 0 + imaginary))
        sum.isSum = true
        serpentSkipSpace()
        if SerpentSyntax.isPlusOrMinus(textByte(at: position)) { throw .malformed("a sum of three") }
        return sum
    }

    private mutating func serpentSigned(_ tree: inout SerpentTree) throws(ValueError) -> SerpentOperand {
        let sign = textByte(at: position)
        guard SerpentSyntax.isPlusOrMinus(sign) else { return try serpentOperand(&tree) }
        position &+= 1
        let operand = try serpentOperand(&tree)
        guard operand.isNumber, !operand.isSigned, !operand.isSum else {
            throw .malformed("a sign in front of something else than a number")
        }
        var signed = sign == UInt8(ascii: "-") ? SerpentOperand(Self.negative(operand.value)) : operand
        signed.isSigned = true
        return signed
    }

    private mutating func serpentOperand(_ tree: inout SerpentTree) throws(ValueError) -> SerpentOperand {
        switch try serpentNext() {
        case UInt8(ascii: "("): return try serpentParentheses(&tree)
        case UInt8(ascii: ".") where takeText("..."): return SerpentOperand(.ellipsis)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
            return SerpentOperand(try serpentNumber())
        default: throw .malformed("no number where one should start")
        }
    }

    private static func negative(_ number: Value) -> Value {
        switch number {
        case .int(let integer) where integer != .min: .int(-integer)
        case .int(let integer):
            Value(BigInteger(isNegative: false, magnitude: BigInteger(integer).magnitude))
        case .bigInt(let integer):
            Value(BigInteger(isNegative: !integer.isNegative, magnitude: integer.magnitude))
        case .float(let float): .float(-float)
        case .complex(let real, let imaginary): .complex(real: -real, imaginary: -imaginary)
        default: number
        }
    }

    private mutating func serpentNumber() throws(ValueError) -> Value {
        let number: Value
        let prefix = textByte(at: position) == UInt8(ascii: "0") ? textByte(at: position &+ 1) | 0x20 : 0
        switch prefix {
        case UInt8(ascii: "x"): number = try serpentRadix(bits: 4)
        case UInt8(ascii: "o"): number = try serpentRadix(bits: 3)
        case UInt8(ascii: "b"): number = try serpentRadix(bits: 1)
        default: number = try serpentDecimal()
        }
        if SerpentSyntax.continuesWord(textByte(at: position)) {
            throw .malformed("letters behind a number")
        }
        return number
    }

    /// - Parameter alwaysFloat: read digits without point or exponent as a float too.
    mutating func serpentDecimal(alwaysFloat: Bool = false) throws(ValueError) -> Value {
        var digits: [UInt8] = []
        try serpentDigits(&digits)
        let wholeDigits = digits.count
        var isFloat = alwaysFloat
        if textByte(at: position) == UInt8(ascii: ".") {
            isFloat = true
            position &+= 1
            digits.append(UInt8(ascii: "."))
            if SerpentSyntax.isDigit(textByte(at: position)) { try serpentDigits(&digits) }
            if digits.count == 1 { throw .malformed("a point that is no number") }
        }
        if textByte(at: position) | 0x20 == UInt8(ascii: "e") {
            isFloat = true
            position &+= 1
            digits.append(UInt8(ascii: "e"))
            if SerpentSyntax.isPlusOrMinus(textByte(at: position)) {
                digits.append(textByte(at: position))
                position &+= 1
            }
            let start = position
            try serpentDigits(&digits)
            if position == start { throw .malformed("an exponent without digits") }
        }
        if textByte(at: position) | 0x20 == UInt8(ascii: "j"), !alwaysFloat {
            position &+= 1
            return .complex(real: 0, imaginary: TextNumber.double(digits[...]))
        }
        if isFloat { return .float(TextNumber.double(digits[...])) }
        if digits.first == UInt8(ascii: "0"), wholeDigits > 1 {
            guard digits.allSatisfy({ $0 == UInt8(ascii: "0") }) else { throw .malformed("a leading zero") }
            return .int(0)
        }
        return try textInteger(digits, isNegative: false)
    }

    /// Digits with single underscores between them; none at all is left to the caller.
    private mutating func serpentDigits(_ digits: inout [UInt8]) throws(ValueError) {
        let start = position
        while true {
            let byte = textByte(at: position)
            if SerpentSyntax.isDigit(byte) {
                digits.append(byte)
            } else if byte == UInt8(ascii: "_"), position > start {
                guard SerpentSyntax.isDigit(textByte(at: position &+ 1)) else {
                    throw .malformed("an underscore that is not between two digits")
                }
            } else {
                return
            }
            position &+= 1
        }
    }

    /// An integer behind `0x`, `0o` or `0b`; as many digits as a decimal one may have.
    private mutating func serpentRadix(bits: UInt32) throws(ValueError) -> Value {
        position &+= 2
        var magnitude: [UInt32] = []
        var count = 0
        while true {
            if textByte(at: position) == UInt8(ascii: "_") { position &+= 1 }
            let start = position
            guard let digit = textHexadecimal(digits: 1) else {
                if textByte(at: start &- 1) == UInt8(ascii: "_") || count == 0 {
                    throw .malformed("a radix prefix or underscore without digits")
                }
                return Value(BigInteger(isNegative: false, magnitude: magnitude))
            }
            count += 1
            guard digit < 1 << bits else { throw .malformed("a digit that its radix does not have") }
            if count > limits.integerDigits {
                throw ValueError(.limitExceeded, "an integer of more than \(limits.integerDigits) digits")
            }
            var carry = digit
            for index in magnitude.indices {
                let shifted = UInt64(magnitude[index]) << UInt64(bits) | UInt64(carry)
                magnitude[index] = UInt32(truncatingIfNeeded: shifted)
                carry = UInt32(truncatingIfNeeded: shifted >> 32)
            }
            if carry > 0 { magnitude.append(carry) }
        }
    }
}
