/// Text in json: escapes, surrogate pairs joined, lone surrogates kept.
extension ValueReader {
    /// - Parameter keeping: false checks the text and returns an empty one.
    mutating func jsonText(keeping: Bool) throws(ValueError) -> Value {
        position &+= 1
        let start = position
        jsonSkipPlain()
        if textByte(at: position) == UInt8(ascii: "\"") {
            defer { position &+= 1 }
            return .text(keeping ? text(in: start..<position) : "")
        }
        var buffer = TextBuffer()
        buffer.append(bytes[start..<position])
        try jsonFinishText(&buffer)
        return keeping ? buffer.value : .text("")
    }

    private mutating func jsonSkipPlain() {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 || byte == 0x5c || byte < 0x20 { return }
            position &+= 1
        }
    }

    private mutating func jsonFinishText(_ buffer: inout TextBuffer) throws(ValueError) {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position &+= 1
                return
            case 0x5c: try jsonEscape(&buffer)
            case 0..<0x20: throw .malformed("a control character in text")
            default:
                let start = position
                jsonSkipPlain()
                buffer.append(bytes[start..<position])
            }
        }
        throw .truncated("text without its closing quote")
    }

    private mutating func jsonEscape(_ buffer: inout TextBuffer) throws(ValueError) {
        let letter = textByte(at: position &+ 1)
        position &+= 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte: letter)
        case UInt8(ascii: "b"): buffer.append(byte: 0x08)
        case UInt8(ascii: "f"): buffer.append(byte: 0x0c)
        case UInt8(ascii: "n"): buffer.append(byte: 0x0a)
        case UInt8(ascii: "r"): buffer.append(byte: 0x0d)
        case UInt8(ascii: "t"): buffer.append(byte: 0x09)
        case UInt8(ascii: "u"):
            var point = try jsonHexadecimal()
            if 0xd800...0xdbff ~= point, let low = jsonLowSurrogate() {
                point = 0x10000 &+ ((point & 0x3ff) << 10 | (low & 0x3ff))
            }
            buffer.append(point: point)
        default: throw .malformed("an escape that json does not know")
        }
    }

    private mutating func jsonHexadecimal() throws(ValueError) -> UInt32 {
        guard let value = textHexadecimal(digits: 4) else { throw .malformed("\\u without four digits") }
        return value
    }

    /// The second half of a surrogate pair, taken only if it is one.
    private mutating func jsonLowSurrogate() -> UInt32? {
        let start = position
        if takeText("\\u"), let low = textHexadecimal(digits: 4), 0xdc00...0xdfff ~= low { return low }
        position = start
        return nil
    }

    /// Takes exactly that many hexadecimal digits, or nothing.
    mutating func textHexadecimal(digits: Int) -> UInt32? {
        var value: UInt32 = 0
        for offset in 0..<digits {
            let byte = textByte(at: position &+ offset)
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte & 15)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt32((byte & 15) &+ 9)
            default: return nil
            }
        }
        position &+= digits
        return value
    }
}
