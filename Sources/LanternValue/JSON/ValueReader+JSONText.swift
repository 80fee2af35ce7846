/// Text in json: escapes, surrogate pairs joined, lone surrogates kept.
extension ValueReader {
    /// - Parameter keeping: false checks the text and returns an empty one.
    mutating func jsonText(keeping: Bool) throws(ValueError) -> Value {
        if let range = jsonPlainText() { return .text(keeping ? text(in: range) : "") }
        let start = position &+ 1
        if keeping, let end = bytes.closingQuote(from: start, quote: UInt8(ascii: "\"")),
            let text = bytes.withBytes(start..<end, { Unescaping.text($0, .json) })
        {
            position = end &+ 1
            return .text(text)
        }
        position = jsonSpecial(from: start)
        var buffer = TextBuffer()
        bytes.withBytes(start..<position) { buffer.append($0) }
        try jsonFinishText(&buffer)
        return keeping ? buffer.value : .text("")
    }

    /// Takes text without escapes, whose opening quote comes next; nil, with nothing taken, for any other.
    @inline(__always)
    mutating func jsonPlainText() -> Range<Int>? {
        let start = position &+ 1
        let end = jsonSpecial(from: start)
        guard bytes[end] == UInt8(ascii: "\"") else { return nil }
        position = end &+ 1
        return start..<end
    }

    /// The first place from `start` on that text cannot take as it is.
    @inline(__always)
    private func jsonSpecial(from start: Int) -> Int {
        bytes.withBytes {
            ByteScan.firstSpecial(in: $0, from: start, to: $0.count, quote: UInt8(ascii: "\""))
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
                position = jsonSpecial(from: start)
                bytes.withBytes(start..<position) { buffer.append($0) }
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
