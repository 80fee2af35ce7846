/// Whole json values. The recursion is as deep as ``DecodingLimits/depth`` allows.
extension ValueReader {
    /// - Parameter keeping: false checks everything and returns empty containers and text.
    mutating func jsonParse(keeping: Bool) throws(ValueError) -> Value {
        let byte = try jsonNext()
        try countTextNode()
        switch byte {
        case UInt8(ascii: "\""): return try jsonText(keeping: keeping)
        case UInt8(ascii: "["): return try jsonList(keeping: keeping)
        case UInt8(ascii: "{"): return try jsonMap(keeping: keeping)
        case UInt8(ascii: "t"): if takeText("true") { return .bool(true) }
        case UInt8(ascii: "f"): if takeText("false") { return .bool(false) }
        case UInt8(ascii: "n"): if takeText("null") { return .none }
        default:
            if let number = takeShortNumber() { return number }
            return try jsonNumber()
        }
        throw .malformed("a word that json does not know")
    }

    private mutating func jsonList(keeping: Bool) throws(ValueError) -> Value {
        var cursor = Cursor(kind: .list, closing: UInt8(ascii: "]"))
        try enterText(limit: limits.depth)
        var members: [Value] = []
        while try jsonHasNext(&cursor) {
            let member = try jsonParse(keeping: keeping)
            guard keeping else { continue }
            if members.isEmpty { members.reserveCapacity(4) }
            members.append(member)
        }
        return .list(members)
    }

    private mutating func jsonMap(keeping: Bool) throws(ValueError) -> Value {
        var cursor = Cursor(kind: .map, closing: UInt8(ascii: "}"))
        try enterText(limit: limits.depth)
        var map = MapBuilder()
        while try jsonHasNext(&cursor) {
            // `jsonHasNext` has seen the quote.
            try countTextNode()
            let key = try jsonText(keeping: keeping)
            try jsonBeginMapValue()
            let value = try jsonParse(keeping: keeping)
            if keeping { map.insert(key, value) }
        }
        return .map(map.pairs)
    }

    /// A number, or one of the three tokens that are none in strict json.
    mutating func jsonNumber() throws(ValueError) -> Value {
        let start = position
        let isNegative = textByte(at: position) == UInt8(ascii: "-")
        if isNegative { position &+= 1 }
        let digits = position
        switch textByte(at: position) {
        case UInt8(ascii: "0"): position &+= 1
        case UInt8(ascii: "1")...UInt8(ascii: "9"): jsonSkipDigits()
        case UInt8(ascii: "I") where takeText("Infinity"):
            return .float(isNegative ? -.infinity : .infinity)
        case UInt8(ascii: "N") where !isNegative && takeText("NaN"): return .float(.nan)
        default: throw .malformed("no json value where one should start")
        }
        let end = position
        let hasFraction = try jsonSkipFraction()
        let hasExponent = try jsonSkipExponent()
        if hasFraction || hasExponent { return .float(TextNumber.double(bytes.array(start..<position)[...])) }
        return try textInteger(bytes.array(digits..<end), isNegative: isNegative)
    }

    private mutating func jsonSkipDigits() {
        while UInt8(ascii: "0")...UInt8(ascii: "9") ~= textByte(at: position) { position &+= 1 }
    }

    private mutating func jsonSkipFraction() throws(ValueError) -> Bool {
        guard textByte(at: position) == UInt8(ascii: ".") else { return false }
        position &+= 1
        try jsonRequireDigits()
        return true
    }

    private mutating func jsonSkipExponent() throws(ValueError) -> Bool {
        guard textByte(at: position) | 0x20 == UInt8(ascii: "e") else { return false }
        position &+= 1
        let sign = textByte(at: position)
        if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position &+= 1 }
        try jsonRequireDigits()
        return true
    }

    private mutating func jsonRequireDigits() throws(ValueError) {
        let start = position
        jsonSkipDigits()
        if position == start { throw .malformed("a number without the digits that should follow") }
    }
}
