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
    func textByte(at index: Int) -> UInt8 { bytes[index] }

    @inline(__always)
    func text(in range: Range<Int>) -> String { bytes.text(in: range) }

    /// Whether these bytes come next, exactly.
    @inline(__always)
    func startsText(with literal: StaticString) -> Bool {
        bytes.starts(with: literal, at: position)
    }

    /// Takes these bytes if they come next.
    @inline(__always)
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
        guard let close = bytes.firstIndex(of: quote, from: position) else {
            throw .truncated("text without its closing quote")
        }
        let text = position..<close
        position = close
        guard takeText(end), let decoded = bytes.withBytes(text, { Base64.decode($0) }) else {
            position = begin
            return nil
        }
        return decoded
    }

    /// A number as encoders write it, read in one go: a sign, digits, perhaps a point and more digits.
    ///
    /// - Returns: nil, with nothing taken, for anything else: exponents, leading zeros, more digits than an integer of
    ///   64 bits or an exact division can hold.
    @inline(__always)
    mutating func takeShortNumber() -> Value? {
        var index = position
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index &+= 1 }
        let start = index
        var mantissa: UInt64 = 0
        var digit = bytes[index] &- UInt8(ascii: "0")
        while digit < 10 {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            index &+= 1
            digit = bytes[index] &- UInt8(ascii: "0")
        }
        let whole = index &- start
        // A wrapped mantissa has more than 18 digits and is not used.
        guard whole > 0, whole <= 18, whole == 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
        guard bytes[index] == UInt8(ascii: ".") else {
            if bytes[index] | 0x20 == UInt8(ascii: "e") { return nil }
            position = index
            let value = Int64(truncatingIfNeeded: mantissa)
            return .int(isNegative ? 0 &- value : value)
        }
        index &+= 1
        let point = index
        digit = bytes[index] &- UInt8(ascii: "0")
        while digit < 10 {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            index &+= 1
            digit = bytes[index] &- UInt8(ascii: "0")
        }
        let places = index &- point
        guard places > 0, whole &+ places <= 18, bytes[index] | 0x20 != UInt8(ascii: "e"),
            let number = TextNumber.exact(mantissa, places: places)
        else { return nil }
        position = index
        return .float(isNegative ? -number : number)
    }

    /// An integer of at most 18 digits, with neither point nor exponent nor letter behind it; nil takes nothing.
    @inline(__always)
    mutating func takeShortInteger() -> Int64? {
        var index = position
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index &+= 1 }
        let start = index
        var magnitude: Int64 = 0
        var digit = bytes[index] &- UInt8(ascii: "0")
        while digit < 10 {
            magnitude = magnitude &* 10 &+ Int64(digit)
            index &+= 1
            digit = bytes[index] &- UInt8(ascii: "0")
        }
        let count = index &- start
        // A wrapped magnitude has more than 18 digits and is not used.
        guard count > 0, count <= 18, count == 1 || bytes[start] != UInt8(ascii: "0"),
            SerpentSyntax.endsMember(bytes[index])
        else { return nil }
        position = index
        return isNegative ? 0 &- magnitude : magnitude
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
