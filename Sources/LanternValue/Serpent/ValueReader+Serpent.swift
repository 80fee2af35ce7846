/// Serpent as Python's `ast.literal_eval` takes it: one literal expression, comments and white space around it.
///
/// The typed readers have a short way for what encoders write; everything else goes over ``serpentParse(_:)``.
extension ValueReader {
    mutating func serpentPeekKind() throws(ValueError) -> ValueKind {
        _ = try serpentNext()
        let start = self
        let kind = try serpentSkippedKind()
        self = start
        return kind
    }

    mutating func serpentReadValue() throws(ValueError) -> Value {
        var tree = SerpentTree(isKept: true)
        let value = try serpentParse(&tree)
        return tree.hasFloatClass ? try SerpentTree.givingFloats(value) : value
    }

    mutating func serpentSkipValue() throws(ValueError) { _ = try serpentSkippedKind() }

    private mutating func serpentSkippedKind() throws(ValueError) -> ValueKind {
        var tree = SerpentTree(isKept: false)
        return try serpentParse(&tree).kind
    }

    mutating func serpentReadNone() throws(ValueError) -> Bool {
        switch try serpentNext() {
        case UInt8(ascii: "N"), UInt8(ascii: "("): break
        default: return false
        }
        let start = self
        var parentheses = 0
        while try serpentNext() == UInt8(ascii: "(") {
            try enterText(limit: serpentDepth)
            parentheses += 1
        }
        if takeText("None"), !SerpentSyntax.continuesWord(textByte(at: position)) {
            while parentheses > 0, try serpentNext() == UInt8(ascii: ")") {
                leaveText()
                parentheses -= 1
            }
            if parentheses == 0 {
                try countTextNode()
                return true
            }
        }
        self = start
        return false
    }

    mutating func serpentReadBool() throws(ValueError) -> Bool {
        let value = try serpentReadValue()
        guard case .bool(let bool) = value else { throw Self.unexpected("bool", value) }
        return bool
    }

    mutating func serpentReadInt() throws(ValueError) -> Int64 {
        _ = try serpentNext()
        if let integer = takeShortInteger() {
            try countTextNode()
            return integer
        }
        let value = try serpentReadValue()
        guard case .int(let integer) = value else { throw Self.unexpected("int", value) }
        return integer
    }

    mutating func serpentReadDouble() throws(ValueError) -> Double {
        try Self.double(from: serpentReadValue())
    }

    mutating func serpentReadText() throws(ValueError) -> String {
        _ = try serpentNext()
        if let range = serpentPlainLiteral() {
            try countTextNode()
            return text(in: range)
        }
        let value = try serpentReadValue()
        guard case .text(let text) = value else { throw Self.unexpected("text", value) }
        return text
    }

    mutating func serpentReadBytes() throws(ValueError) -> [UInt8] {
        if try serpentNext() == UInt8(ascii: "{"),
            let bytes = try takeBase64Map("{'data': '", "', 'encoding': 'base64'}", quote: UInt8(ascii: "'"))
        {
            try countTextNode()
            return bytes
        }
        let value = try serpentReadValue()
        guard let bytes = value.bytesValue else { throw Self.unexpected("bytes", value) }
        return bytes
    }
}
