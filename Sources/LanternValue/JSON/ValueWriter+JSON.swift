/// JSON as Python's `json.dumps` writes it: `", "` and `": "` between, raw UTF-8, and three tokens that are not JSON
/// for the numbers that are not finite.
///
/// Map keys are text: numbers, booleans and None become their JSON form in quotes.
extension ValueWriter {
    mutating func jsonNone() throws(ValueError) {
        jsonScalar { $0.append(literal: "null") }
    }

    mutating func jsonBool(_ value: Bool) throws(ValueError) {
        jsonScalar { $0.append(literal: value ? "true" : "false") }
    }

    mutating func jsonInt(_ value: Int64) throws(ValueError) {
        jsonScalar { $0.append(decimal: value) }
    }

    mutating func jsonBigInt(_ value: BigInteger) throws(ValueError) {
        let digits = try Self.digits(of: value, in: .json)
        jsonScalar { $0.append(contentsOf: digits) }
    }

    mutating func jsonFloat(_ value: Double) throws(ValueError) {
        jsonScalar { sink in
            if value.isFinite {
                sink.append(repr: value)
            } else if value.isNaN {
                sink.append(literal: "NaN")
            } else {
                sink.append(literal: value < 0 ? "-Infinity" : "Infinity")
            }
        }
    }

    mutating func jsonText(_ value: String) throws(ValueError) {
        _ = beginSlot()
        JSONText.append(value, to: &sink)
    }

    mutating func jsonBeginList(_ count: Int) throws(ValueError) {
        try jsonBeginContainer("a list")
        beginTextSequence(UInt8(ascii: "["), UInt8(ascii: "]"))
    }

    mutating func jsonBeginMap(_ count: Int) throws(ValueError) {
        try jsonBeginContainer("a map")
        beginTextMap()
    }

    mutating func jsonEndSequence() throws(ValueError) { try endTextSequence() }
    mutating func jsonEndMap() throws(ValueError) { try endTextMap() }

    private mutating func jsonBeginContainer(_ what: String) throws(ValueError) {
        if beginSlot() == .mapKey { throw .notRepresentable("\(what) as a map key", in: .json) }
    }

    @inline(__always)
    private mutating func jsonScalar(_ append: (inout ByteSink) -> Void) {
        guard beginSlot() == .mapKey else { return append(&sink) }
        sink.append(UInt8(ascii: "\""))
        append(&sink)
        sink.append(UInt8(ascii: "\""))
    }
}
