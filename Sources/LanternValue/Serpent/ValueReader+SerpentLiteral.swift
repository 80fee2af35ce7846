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
        if isKept, let text = serpentEscapedLiteral() { return .text(text) }
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
    @inline(__always)
    mutating func serpentPlainLiteral() -> Range<Int>? {
        let quote = bytes[position]
        guard SerpentSyntax.isQuote(quote) else { return nil }
        let start = position &+ 1
        let end = bytes.withBytes { ByteScan.firstSpecial(in: $0, from: start, to: $0.count, quote: quote) }
        guard bytes[end] == quote,
            end &+ 1 == bytes.count || SerpentSyntax.endsMember(bytes[end &+ 1])
        else { return nil }
        position = end &+ 1
        return start..<end
    }

    /// The next usual case: the escapes that encoders write, no prefix, and the member ends behind it.
    private mutating func serpentEscapedLiteral() -> String? {
        let quote = bytes[position]
        let start = position &+ 1
        guard SerpentSyntax.isQuote(quote), let end = bytes.closingQuote(from: start, quote: quote),
            end &+ 1 == bytes.count || SerpentSyntax.endsMember(bytes[end &+ 1]),
            let text = bytes.withBytes(start..<end, { Unescaping.text($0, .python) })
        else { return nil }
        position = end &+ 1
        return text
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
            case 0x20...:
                try serpentPlainPart(style, &buffer)
                continue
            default: buffer.append(byte: byte)
            }
            position &+= 1
        }
        throw .truncated("text without its closing quote")
    }

    /// Takes what stands for itself, up to the next quote, backslash or control character.
    private mutating func serpentPlainPart(
        _ style: LiteralStyle, _ buffer: inout TextBuffer
    ) throws(ValueError) {
        let start = position
        let isPlain = bytes.withBytes { bytes in
            let end = ByteScan.firstSpecial(in: bytes, from: start, to: bytes.count, quote: style.quote)
            let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            position = end
            if style.isBytes, !UTF8Check.isASCII(part) { return false }
            buffer.append(part)
            return true
        }
        if !isPlain { throw .malformed("bytes with a character that is not ASCII") }
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
