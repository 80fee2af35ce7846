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
        jsonScalar { output in
            if value.isFinite {
                output.append(repr: value)
            } else if value.isNaN {
                output.append(literal: "NaN")
            } else {
                output.append(literal: value < 0 ? "-Infinity" : "Infinity")
            }
        }
    }

    mutating func jsonText(_ value: String) throws(ValueError) {
        _ = beginSlot()
        var value = value
        output.append(UInt8(ascii: "\""))
        value.withUTF8 { Self.jsonAppend($0, to: &output) }
        output.append(UInt8(ascii: "\""))
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
    private mutating func jsonScalar(_ append: (inout [UInt8]) -> Void) {
        guard beginSlot() == .mapKey else { return append(&output) }
        output.append(UInt8(ascii: "\""))
        append(&output)
        output.append(UInt8(ascii: "\""))
    }

    private static func jsonAppend(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var start = 0
        for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5c {
            output.append(contentsOf: bytes[start..<index])
            start = index &+ 1
            jsonAppendEscape(byte, to: &output)
        }
        output.append(contentsOf: bytes[start...])
    }

    private static func jsonAppendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case 0x22: output.append(literal: "\\\"")
        case 0x5c: output.append(literal: "\\\\")
        case 0x0a: output.append(literal: "\\n")
        case 0x0d: output.append(literal: "\\r")
        case 0x09: output.append(literal: "\\t")
        case 0x08: output.append(literal: "\\b")
        case 0x0c: output.append(literal: "\\f")
        default:
            output.append(literal: byte < 0x10 ? "\\u000" : "\\u001")
            let digit = byte & 15
            output.append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ (digit &- 10))
        }
    }
}
