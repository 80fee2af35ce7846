/// Python literals without spaces, behind one header line.
extension ValueWriter {
    /// Python's parser stops at this many brackets, whatever our own limit is.
    static var serpentDepth: Int { 200 }

    mutating func serpentBeginDocument() { sink.append(literal: "# serpent utf-8 python3.2\n") }

    mutating func serpentNone() throws(ValueError) {
        try serpentBeginUnhashable("None")
        sink.append(literal: "None")
    }

    mutating func serpentBool(_ value: Bool) throws(ValueError) {
        _ = beginSlot()
        sink.append(literal: value ? "True" : "False")
    }

    mutating func serpentInt(_ value: Int64) throws(ValueError) {
        _ = beginSlot()
        sink.append(decimal: value)
    }

    mutating func serpentBigInt(_ value: BigInteger) throws(ValueError) {
        _ = beginSlot()
        sink.append(contentsOf: try Self.digits(of: value, in: .serpent))
    }

    mutating func serpentFloat(_ value: Double) throws(ValueError) {
        _ = beginSlot()
        serpentAppend(value)
    }

    mutating func serpentComplex(_ real: Double, _ imaginary: Double) throws(ValueError) {
        _ = beginSlot()
        if real.isNaN || imaginary.isNaN {
            sink.append(literal: "{'__class__':'complex','real':")
            serpentAppend(real)
            sink.append(literal: ",'imag':")
            serpentAppend(imaginary)
            return sink.append(UInt8(ascii: "}"))
        }
        sink.append(UInt8(ascii: "("))
        serpentAppend(real)
        if imaginary.sign == .plus { sink.append(UInt8(ascii: "+")) }
        serpentAppend(imaginary)
        sink.append(literal: "j)")
    }

    mutating func serpentText(_ value: String) throws(ValueError) {
        _ = beginSlot()
        SerpentText.append(value, to: &sink)
    }

    mutating func serpentSurrogateText(_ points: [UInt32]) throws(ValueError) {
        _ = beginSlot()
        SerpentText.append(points: points, to: &sink)
    }

    mutating func serpentBytes(_ value: UnsafeRawBufferPointer) throws(ValueError) {
        _ = beginSlot()
        sink.append(literal: "{'data': '")
        Base64.append(value, to: &sink)
        sink.append(literal: "', 'encoding': 'base64'}")
    }

    mutating func serpentBeginList(_ count: Int) throws(ValueError) {
        try serpentBeginUnhashable("a list")
        beginTextSequence(UInt8(ascii: "["), UInt8(ascii: "]"))
    }

    mutating func serpentBeginTuple(_ count: Int) throws(ValueError) {
        try serpentCheckDepth()
        _ = beginSlot()
        beginTextSequence(UInt8(ascii: "("), UInt8(ascii: ")"), trailingCommaIfSingle: true)
    }

    mutating func serpentBeginSet(_ count: Int) throws(ValueError) {
        try serpentBeginUnhashable("a set")
        if count == 0 {
            beginTextSequence(UInt8(ascii: "("), UInt8(ascii: ")"))
        } else {
            beginTextSequence(UInt8(ascii: "{"), UInt8(ascii: "}"))
        }
    }

    mutating func serpentBeginMap(_ count: Int) throws(ValueError) {
        try serpentBeginUnhashable("a map")
        beginTextMap()
    }

    mutating func serpentEndSequence() throws(ValueError) { try endTextSequence() }
    mutating func serpentEndMap() throws(ValueError) { try endTextMap() }

    /// Begins what Python does not take as a map key or a set member.
    private mutating func serpentBeginUnhashable(_ what: String) throws(ValueError) {
        try serpentCheckDepth()
        switch beginSlot() {
        case .member, .mapValue: break
        case .mapKey: throw .notRepresentable("\(what) as a map key", in: .serpent)
        case .setMember: throw .notRepresentable("\(what) as a set member", in: .serpent)
        }
    }

    private func serpentCheckDepth() throws(ValueError) {
        if depth > Self.serpentDepth { throw .tooDeep(limit: Self.serpentDepth) }
    }

    private mutating func serpentAppend(_ value: Double) {
        if value.isFinite {
            sink.append(repr: value)
        } else if value.isNaN {
            sink.append(literal: "{'__class__':'float','value':'nan'}")
        } else {
            // A literal that overflows; there is none for infinity.
            sink.append(literal: value < 0 ? "-1e30000" : "1e30000")
        }
    }

    /// The decimal digits, as far as Python converts them.
    static func digits(of value: BigInteger, in format: SerializerFormat) throws(ValueError) -> [UInt8] {
        let limit = DecodingLimits().integerDigits
        // A digit is worth more than three bits, so an integer over this size need not be converted at all.
        let digits = value.magnitude.count > limit / 9 ? [] : value.decimalDigits
        if digits.isEmpty || digits.count - (value.isNegative ? 1 : 0) > limit {
            throw .notRepresentable("an integer of more than \(limit) digits", in: format)
        }
        return digits
    }
}
