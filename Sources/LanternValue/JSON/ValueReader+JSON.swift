/// JSON as Python's `json.loads` takes it: strict, but for `NaN`, `Infinity`, `-Infinity` and lone surrogates.
extension ValueReader {
    mutating func jsonBeginDocument() throws(ValueError) {
        let isText = bytes.withBytes { UTF8Check.passes($0, allowingZeros: false) }
        if !isText { throw .malformed("json that is not UTF-8") }
    }

    mutating func jsonEndDocument() throws(ValueError) {
        jsonSkipSpace()
        if position < bytes.count { throw .malformed("bytes behind the json value") }
    }

    mutating func jsonPeekKind() throws(ValueError) -> ValueKind {
        switch try jsonNext() {
        case UInt8(ascii: "\""): return .text
        case UInt8(ascii: "["): return .list
        case UInt8(ascii: "{"): return .map
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .none
        default:
            let start = position
            let number = try jsonNumber()
            position = start
            return number.kind
        }
    }

    mutating func jsonReadValue() throws(ValueError) -> Value {
        try jsonParse(keeping: true)
    }

    mutating func jsonSkipValue() throws(ValueError) {
        _ = try jsonParse(keeping: false)
    }

    mutating func jsonReadNone() throws(ValueError) -> Bool {
        guard try jsonNext() == UInt8(ascii: "n") else { return false }
        guard takeText("null") else { throw .malformed("a word that json does not know") }
        try countTextNode()
        return true
    }

    mutating func jsonReadBool() throws(ValueError) -> Bool {
        let value = try jsonReadValue()
        guard case .bool(let bool) = value else { throw Self.unexpected("bool", value) }
        return bool
    }

    mutating func jsonReadInt() throws(ValueError) -> Int64 {
        _ = try jsonNext()
        if let integer = takeShortInteger() {
            try countTextNode()
            return integer
        }
        let value = try jsonReadValue()
        guard case .int(let integer) = value else { throw Self.unexpected("int", value) }
        return integer
    }

    mutating func jsonReadDouble() throws(ValueError) -> Double {
        try Self.double(from: jsonReadValue())
    }

    mutating func jsonReadText() throws(ValueError) -> String {
        if try jsonNext() == UInt8(ascii: "\""), let range = jsonPlainText() {
            try countTextNode()
            return text(in: range)
        }
        let value = try jsonReadValue()
        guard case .text(let text) = value else { throw Self.unexpected("text", value) }
        return text
    }

    mutating func jsonReadBytes() throws(ValueError) -> [UInt8] {
        if try jsonNext() == UInt8(ascii: "{"),
            let bytes = try takeBase64Map(
                "{\"data\": \"", "\", \"encoding\": \"base64\"}", quote: UInt8(ascii: "\""))
        {
            try countTextNode()
            return bytes
        }
        let value = try jsonReadValue()
        guard let bytes = value.bytesValue else { throw Self.unexpected("bytes", value) }
        return bytes
    }

    mutating func jsonBeginSequence() throws(ValueError) -> Cursor {
        guard try jsonNext() == UInt8(ascii: "[") else {
            throw .wrongType(expected: "list", found: "\(try jsonPeekKind())")
        }
        try countTextNode()
        try enterText(limit: limits.depth)
        return Cursor(kind: .list, closing: UInt8(ascii: "]"))
    }

    mutating func jsonBeginMap() throws(ValueError) -> Cursor {
        guard try jsonNext() == UInt8(ascii: "{") else {
            throw .wrongType(expected: "map", found: "\(try jsonPeekKind())")
        }
        try countTextNode()
        try enterText(limit: limits.depth)
        return Cursor(kind: .map, closing: UInt8(ascii: "}"))
    }

    mutating func jsonHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool {
        let isFirst = cursor.isFirst
        cursor.isFirst = false
        let byte = try jsonNext()
        if byte == cursor.closing {
            leaveText()
            return false
        }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else { throw .malformed("no comma between two members") }
            position &+= 1
        }
        if cursor.kind == .map, try jsonNext() != UInt8(ascii: "\"") {
            throw .malformed("a map key that is not text")
        }
        cursor.count &+= 1
        return true
    }

    mutating func jsonBeginMapValue() throws(ValueError) {
        guard try jsonNext() == UInt8(ascii: ":") else { throw .malformed("no colon behind a map key") }
        position &+= 1
    }

    /// The next byte that is not white space; it is not consumed.
    @inline(__always)
    mutating func jsonNext() throws(ValueError) -> UInt8 {
        let byte = bytes[position]
        if byte > 0x20 { return byte }
        // Python puts one space behind each comma and colon.
        let next = bytes[position &+ 1]
        if byte == 0x20, next > 0x20 {
            position &+= 1
            return next
        }
        return try jsonNextAfterSpace()
    }

    @inline(never)
    private mutating func jsonNextAfterSpace() throws(ValueError) -> UInt8 {
        jsonSkipSpace()
        guard position < bytes.count else { throw .truncated("json that ends too early") }
        return bytes[position]
    }

    private mutating func jsonSkipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position &+= 1
            default: return
            }
        }
    }
}
