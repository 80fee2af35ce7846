/// Backslash escapes of Python literals; an unknown one keeps its backslash.
extension ValueReader {
    /// - Precondition: `position` is behind the backslash, and not at the end.
    mutating func serpentEscape(isBytes: Bool, _ buffer: inout TextBuffer) throws(ValueError) {
        let letter = textByte(at: position)
        switch letter {
        case 0x5c, 0x27, 0x22: buffer.append(byte: letter)
        case UInt8(ascii: "a"): buffer.append(byte: 0x07)
        case UInt8(ascii: "b"): buffer.append(byte: 0x08)
        case UInt8(ascii: "f"): buffer.append(byte: 0x0c)
        case UInt8(ascii: "n"): buffer.append(byte: 0x0a)
        case UInt8(ascii: "r"): buffer.append(byte: 0x0d)
        case UInt8(ascii: "t"): buffer.append(byte: 0x09)
        case UInt8(ascii: "v"): buffer.append(byte: 0x0b)
        case UInt8(ascii: "0")...UInt8(ascii: "7"): return serpentOctal(isBytes: isBytes, &buffer)
        case UInt8(ascii: "x"): return try serpentHexadecimal(digits: 2, isBytes: isBytes, &buffer)
        case UInt8(ascii: "u") where !isBytes:
            return try serpentHexadecimal(digits: 4, isBytes: false, &buffer)
        case UInt8(ascii: "U") where !isBytes:
            return try serpentHexadecimal(digits: 8, isBytes: false, &buffer)
        case UInt8(ascii: "N") where !isBytes: return try serpentNamed(&buffer)
        default: return buffer.append(byte: 0x5c)  // and the letter comes next, as itself
        }
        position &+= 1
    }

    private mutating func serpentOctal(isBytes: Bool, _ buffer: inout TextBuffer) {
        var value: UInt32 = 0
        var count = 0
        while count < 3, UInt8(ascii: "0")...UInt8(ascii: "7") ~= textByte(at: position) {
            value = value << 3 | UInt32(textByte(at: position) & 7)
            position &+= 1
            count += 1
        }
        if isBytes {
            buffer.append(byte: UInt8(truncatingIfNeeded: value))
        } else {
            buffer.append(point: value)
        }
    }

    private mutating func serpentHexadecimal(
        digits: Int, isBytes: Bool, _ buffer: inout TextBuffer
    ) throws(ValueError) {
        position &+= 1
        guard let value = textHexadecimal(digits: digits), value <= 0x10ffff else {
            throw .malformed("an escape that is no code point")
        }
        if isBytes {
            buffer.append(byte: UInt8(truncatingIfNeeded: value))
        } else {
            buffer.append(point: value)
        }
    }

    /// `\N{NAME}`.
    private mutating func serpentNamed(_ buffer: inout TextBuffer) throws(ValueError) {
        let start = position &+ 2
        guard textByte(at: position &+ 1) == UInt8(ascii: "{"),
            let length = bytes.firstIndex(of: UInt8(ascii: "}"), from: start),
            length &- start <= UnicodeNames.longest,
            let scalar = UnicodeNames.scalar(named: text(in: start..<length))
        else { throw .malformed("an escape with a name that Unicode does not have") }
        buffer.append(point: scalar.value)
        position = length &+ 1
    }
}
