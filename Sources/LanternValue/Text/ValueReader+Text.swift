/// What serpent and json have in common on the way in.
extension ValueReader {
    /// Counts one value.
    @inline(__always)
    mutating func countTextNode() throws(ValueError) {
        nodes &+= 1
        if nodes > limits.nodes { throw ValueError(.limitExceeded, "more than \(limits.nodes) values") }
    }

    /// Steps over an opening bracket.
    mutating func enterText(limit: Int) throws(ValueError) {
        depth &+= 1
        if depth > limit { throw .tooDeep(limit: limit) }
        position &+= 1
    }

    /// Steps over a closing bracket.
    mutating func leaveText() {
        depth &-= 1
        position &+= 1
    }

    /// The byte at an index, or zero behind the end; neither format takes a zero anywhere.
    @inline(__always)
    func textByte(at index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    func text(in range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Whether these bytes come next, exactly.
    func startsText(with literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard bytes.count &- position >= count else { return false }
        let expected = UnsafeBufferPointer(start: literal.utf8Start, count: count)
        return bytes[position..<(position &+ count)].elementsEqual(expected)
    }

    /// Takes these bytes if they come next.
    mutating func takeText(_ literal: StaticString) -> Bool {
        guard startsText(with: literal) else { return false }
        position &+= literal.utf8CodeUnitCount
        return true
    }

    /// Bytes in the map form that serpent writes, when it comes next in exactly that spelling.
    mutating func takeBase64Map(
        _ start: StaticString, _ end: StaticString, quote: UInt8
    ) throws(ValueError) -> [UInt8]? {
        let begin = position
        guard takeText(start) else { return nil }
        guard let close = bytes[position...].firstIndex(of: quote) else {
            throw .truncated("text without its closing quote")
        }
        let text = bytes[position..<close]
        position = close
        guard takeText(end), let decoded = Base64.decode(text) else {
            position = begin
            return nil
        }
        return decoded
    }

    /// An integer from its ASCII digits.
    ///
    /// - Parameter range: digits only, no sign.
    func textInteger(_ digits: some Collection<UInt8>, isNegative: Bool) throws(ValueError) -> Value {
        if digits.count <= 18 {
            var value: Int64 = 0
            for digit in digits { value = value &* 10 &+ Int64(digit &- UInt8(ascii: "0")) }
            return .int(isNegative ? 0 &- value : value)
        }
        if digits.count > limits.integerDigits {
            throw ValueError(.limitExceeded, "an integer of more than \(limits.integerDigits) digits")
        }
        guard let big = BigInteger(decimal: (isNegative ? [UInt8(ascii: "-")] : []) + Array(digits)) else {
            throw .malformed("an integer with other characters than digits")
        }
        return Value(big)
    }

    /// What the typed readers say when another kind of value came.
    static func unexpected(_ expected: String, _ value: Value) -> ValueError {
        if case .surrogateText = value {
            return .wrongType(expected: expected, found: "text with lone surrogates")
        }
        if case .bigInt = value { return .wrongType(expected: expected, found: "an integer over 64 bits") }
        return .wrongType(expected: expected, found: "\(value.kind)")
    }

    static func double(from value: Value) throws(ValueError) -> Double {
        switch value {
        case .float(let number): return number
        case .int(let integer): return Double(integer)
        case .bigInt(let integer):
            let number = TextNumber.double(integer.decimalDigits[...])
            if number.isFinite { return number }
            throw .wrongType(expected: "float", found: "an integer over the range of floats")
        default: throw unexpected("float", value)
        }
    }
}
