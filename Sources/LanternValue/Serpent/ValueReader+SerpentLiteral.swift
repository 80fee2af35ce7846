/// Text and bytes literals: prefixes, both quotes, triple quotes, escapes, neighbours that are joined.
extension ValueReader {
    /// What the prefix of one literal says.
    private struct LiteralStyle {
        var isRaw = false
        var isBytes = false
        var quote: UInt8 = 0
        var isTriple = false
    }

    /// - Parameter isKept: false checks the literal and returns an empty one.
    mutating func serpentLiteral(isKept: Bool) throws(ValueError) -> Value {
        if let range = serpentPlainLiteral() { return .text(isKept ? text(in: range) : "") }
        var buffer = TextBuffer()
        var isBytes: Bool?
        repeat {
            let style = try serpentLiteralStyle()
            guard style.isBytes == isBytes ?? style.isBytes else {
                throw .malformed("text joined with bytes")
            }
            isBytes = style.isBytes
            try serpentLiteralBody(style, &buffer)
        } while serpentLiteralFollows()
        if isBytes == true { return .bytes(isKept ? buffer.bytes : []) }
        return isKept ? buffer.value : .text("")
    }

    /// The usual case: no prefix, no escape, and the member ends behind it.
    private mutating func serpentPlainLiteral() -> Range<Int>? {
        let quote = textByte(at: position)
        guard SerpentSyntax.isQuote(quote) else { return nil }
        var index = position &+ 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == quote { break }
            if byte == 0x5c || SerpentSyntax.isNewline(byte) { return nil }
            index &+= 1
        }
        guard index < bytes.count, index &+ 1 == bytes.count || SerpentSyntax.endsMember(bytes[index &+ 1])
        else {
            return nil
        }
        defer { position = index &+ 1 }
        return (position &+ 1)..<index
    }

    private mutating func serpentLiteralStyle() throws(ValueError) -> LiteralStyle {
        var style = LiteralStyle()
        var letters = ""
        while !SerpentSyntax.isQuote(textByte(at: position)), letters.utf8.count < 2 {
            letters.unicodeScalars.append(Unicode.Scalar(textByte(at: position) | 0x20))
            position &+= 1
        }
        switch letters {
        case "", "u": break
        case "r": style.isRaw = true
        case "b": style.isBytes = true
        case "br", "rb": (style.isRaw, style.isBytes) = (true, true)
        default: throw .malformed("a text prefix that is no literal's")
        }
        style.quote = textByte(at: position)
        guard SerpentSyntax.isQuote(style.quote) else { throw .malformed("a name that is no literal") }
        position &+= 1
        if textByte(at: position) == style.quote, textByte(at: position &+ 1) == style.quote {
            style.isTriple = true
            position &+= 2
        }
        return style
    }

    private mutating func serpentLiteralBody(
        _ style: LiteralStyle, _ buffer: inout TextBuffer
    ) throws(ValueError) {
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case style.quote:
                if serpentCloses(style) { return }
                buffer.append(byte: byte)
            case 0x5c:
                try serpentBackslash(style, &buffer)
                continue
            case 0x0a, 0x0d:
                guard style.isTriple else { throw .malformed("text without its closing quote") }
                if byte == 0x0d, textByte(at: position &+ 1) == 0x0a { position &+= 1 }
                buffer.append(byte: 0x0a)
            default:
                if style.isBytes, byte > 0x7f { throw .malformed("bytes with a character that is not ASCII") }
                buffer.append(byte: byte)
            }
            position &+= 1
        }
        throw .truncated("text without its closing quote")
    }

    /// Steps over the closing quote, or over nothing when a triple one is not complete.
    private mutating func serpentCloses(_ style: LiteralStyle) -> Bool {
        guard style.isTriple else {
            position &+= 1
            return true
        }
        guard textByte(at: position &+ 1) == style.quote, textByte(at: position &+ 2) == style.quote else {
            return false
        }
        position &+= 3
        return true
    }

    /// A backslash and what belongs to it.
    private mutating func serpentBackslash(
        _ style: LiteralStyle, _ buffer: inout TextBuffer
    ) throws(ValueError) {
        position &+= 1
        guard position < bytes.count else { throw .truncated("text without its closing quote") }
        let byte = bytes[position]
        if style.isRaw || SerpentSyntax.isNewline(byte) {
            if style.isRaw { buffer.append(byte: 0x5c) }
            let isPair = byte == 0x0d && textByte(at: position &+ 1) == 0x0a
            if style.isRaw { try serpentRawByte(byte, style, &buffer) }
            position &+= isPair ? 2 : 1
            return
        }
        try serpentEscape(isBytes: style.isBytes, &buffer)
    }

    /// What follows a backslash in raw text: it stays, even a quote.
    private func serpentRawByte(
        _ byte: UInt8, _ style: LiteralStyle, _ buffer: inout TextBuffer
    ) throws(ValueError) {
        if style.isBytes, byte > 0x7f { throw .malformed("bytes with a character that is not ASCII") }
        buffer.append(byte: SerpentSyntax.isNewline(byte) ? 0x0a : byte)
    }

    /// Whether another literal stands right behind, to be joined; white space before it is skipped.
    private mutating func serpentLiteralFollows() -> Bool {
        if SerpentSyntax.endsMember(textByte(at: position)) { return false }
        serpentSkipSpace()
        for offset in 0..<3 {
            let byte = textByte(at: position &+ offset)
            if SerpentSyntax.isQuote(byte) { return true }
            switch byte | 0x20 {
            case UInt8(ascii: "u"), UInt8(ascii: "r"), UInt8(ascii: "b"): continue
            default: return false
            }
        }
        return false
    }
}
