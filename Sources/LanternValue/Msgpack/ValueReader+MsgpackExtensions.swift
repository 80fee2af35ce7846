/// MessagePack extensions: the four of Pyro and MessagePack's own timestamp. Any other is refused.
extension ValueReader {
    struct ExtensionHeader {
        let code: Int8
        let size: Int

        var kind: ValueKind {
            switch code {
            case MsgpackExtension.complex: .complex
            case MsgpackExtension.bigInteger: .int
            case MsgpackExtension.dateTime, MsgpackExtension.timestamp: .dateTime
            case MsgpackExtension.date: .date
            default: .extended
            }
        }
    }

    /// Reads on behind the first byte of an extension.
    mutating func msgpackExtensionHeader(_ header: UInt8) throws(ValueError) -> ExtensionHeader {
        let size: Int
        switch header {
        case 0xd4: size = 1
        case 0xd5: size = 2
        case 0xd6: size = 4
        case 0xd7: size = 8
        case 0xd8: size = 16
        case 0xc7: size = Int(try takeBigEndian(UInt8.self))
        case 0xc8: size = Int(try takeBigEndian(UInt16.self))
        case 0xc9: size = Int(try takeBigEndian(UInt32.self))
        default: throw .malformed("the byte c1 is not MessagePack")
        }
        return ExtensionHeader(code: try takeBigEndian(Int8.self), size: size)
    }

    mutating func msgpackReadExtension(_ header: ExtensionHeader) throws(ValueError) -> Value {
        let end = position
        guard header.size <= remainingBytes else {
            throw .truncated("announces \(header.size) bytes, \(bytes.count - end) are left")
        }
        switch header.code {
        case MsgpackExtension.complex:
            try checkSize(header, is: 16)
            let real = Double(bitPattern: try takeLittleEndian(UInt64.self))
            return .complex(real: real, imaginary: Double(bitPattern: try takeLittleEndian(UInt64.self)))
        case MsgpackExtension.bigInteger:
            return try readDecimalText(try takeBytes(header.size)[...])
        case MsgpackExtension.dateTime:
            try checkSize(header, is: 8)
            return try checkedDateTime(Double(bitPattern: try takeLittleEndian(UInt64.self)))
        case MsgpackExtension.date:
            try checkSize(header, is: 8)
            let ordinal = try takeLittleEndian(Int64.self)
            guard (1...3_652_059).contains(ordinal) else {
                throw .malformed("a date outside the years 1 to 9999")
            }
            return .date(ordinal: ordinal)
        case MsgpackExtension.timestamp:
            return try msgpackReadTimestamp(header)
        default:
            throw ValueError(.unsupported, "MessagePack extension \(header.code)")
        }
    }

    /// Seconds and nanoseconds since 1970 in one of three layouts.
    private mutating func msgpackReadTimestamp(_ header: ExtensionHeader) throws(ValueError) -> Value {
        let seconds: Int64
        var nanoseconds: UInt64 = 0
        switch header.size {
        case 4: seconds = Int64(try takeBigEndian(UInt32.self))
        case 8:
            let both = try takeBigEndian(UInt64.self)
            nanoseconds = both >> 34
            seconds = Int64(both & 0x3_ffff_ffff)
        case 12:
            nanoseconds = UInt64(try takeBigEndian(UInt32.self))
            seconds = try takeBigEndian(Int64.self)
        default: throw .malformed("a timestamp of \(header.size) bytes")
        }
        guard nanoseconds < 1_000_000_000 else { throw .malformed("a timestamp of too many nanoseconds") }
        return try checkedDateTime(Double(seconds) + Double(nanoseconds) / 1e9)
    }

    private func checkedDateTime(_ seconds: Double) throws(ValueError) -> Value {
        guard seconds >= -62_135_596_800, seconds < 253_402_300_800 else {
            throw .malformed("a datetime outside the years 1 to 9999")
        }
        return .dateTime(seconds)
    }

    private func checkSize(_ header: ExtensionHeader, is expected: Int) throws(ValueError) {
        guard header.size == expected else {
            throw .malformed("extension \(header.code) of \(header.size) bytes, expected \(expected)")
        }
    }

    /// Digits as Python's `int()` takes them: white space around, a sign, single underscores between.
    private func readDecimalText(_ text: ArraySlice<UInt8>) throws(ValueError) -> Value {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { text.removeFirst() }
        guard text.count / 2 <= limits.integerDigits else { throw tooManyDigits }
        var digits: [UInt8] = []
        var wasDigit = false
        for byte in text {
            if byte == UInt8(ascii: "_"), wasDigit {
                wasDigit = false
            } else {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw notDigits }
                digits.append(byte)
                wasDigit = true
            }
        }
        guard digits.count <= limits.integerDigits else { throw tooManyDigits }
        guard wasDigit, let integer = BigInteger(decimal: digits) else { throw notDigits }
        return Value(BigInteger(isNegative: isNegative, magnitude: integer.magnitude))
    }

    private var notDigits: ValueError { .malformed("an integer that is not decimal digits") }

    var tooManyDigits: ValueError {
        ValueError(.limitExceeded, "an integer of more than \(limits.integerDigits) digits")
    }
}
