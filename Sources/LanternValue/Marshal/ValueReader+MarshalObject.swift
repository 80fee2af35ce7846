/// Marshal: the heads of objects, references to earlier ones, and what has no members.
///
/// A reference is followed by reading the earlier object again from where it starts, so nothing built is kept. What
/// that costs is counted like reading it for the first time, and again for long text and bytes; an object that
/// refers to itself ends at the depth limit.
extension ValueReader {
    /// The head of an object: its type byte and, when it was reached by a reference, where to go on behind that.
    struct MarshalHead {
        let code: UInt8
        let returnPosition: Int?

        var kind: ValueKind? { MarshalCode.kind(of: code) }
    }

    /// Reads a type byte, and follows a reference to the object that it means.
    mutating func marshalHead() throws(ValueError) -> MarshalHead {
        let start = position
        let first = try takeByte()
        let code = first & ~MarshalCode.remember
        if code == MarshalCode.reference { return try marshalFollow() }
        if first != code, replaying == 0, MarshalCode.isNumbered(code) { remembered.append(start) }
        return MarshalHead(code: code, returnPosition: nil)
    }

    private mutating func marshalFollow() throws(ValueError) -> MarshalHead {
        let target = try marshalReferenceTarget()
        let returnPosition = position
        position = target
        replaying &+= 1
        try spend(1)
        return MarshalHead(code: try takeByte() & ~MarshalCode.remember, returnPosition: returnPosition)
    }

    /// Reads the number of a reference and looks it up.
    mutating func marshalReferenceTarget() throws(ValueError) -> Int {
        let number = try takeLittleEndian(UInt32.self)
        guard number < remembered.count else {
            throw .malformed("a reference to object \(number) of \(remembered.count)")
        }
        return remembered[Int(number)]
    }

    /// Goes back behind the reference, if the object was reached by one.
    mutating func marshalLeave(_ returnPosition: Int?) {
        guard let returnPosition else { return }
        position = returnPosition
        replaying &-= 1
    }

    /// Reads the rest of a value without members; `nil` for a container or the end of a map.
    mutating func marshalReadScalar(_ code: UInt8) throws(ValueError) -> Value? {
        switch code {
        case MarshalCode.none: return .some(.none)
        case MarshalCode.true: return .bool(true)
        case MarshalCode.false: return .bool(false)
        case MarshalCode.ellipsis: return .ellipsis
        case MarshalCode.int32: return .int(Int64(try takeLittleEndian(Int32.self)))
        case MarshalCode.int64: return .int(try takeLittleEndian(Int64.self))
        case MarshalCode.digits: return try marshalReadDigits()
        case MarshalCode.float: return .float(try marshalReadBinaryFloat())
        case MarshalCode.textFloat: return .float(try marshalReadTextFloat())
        case MarshalCode.complex:
            let real = try marshalReadBinaryFloat()
            return .complex(real: real, imaginary: try marshalReadBinaryFloat())
        case MarshalCode.textComplex:
            let real = try marshalReadTextFloat()
            return .complex(real: real, imaginary: try marshalReadTextFloat())
        case MarshalCode.bytes: return .bytes(bytes.array(try marshalTakeCounted()))
        default: return try marshalReadTextValue(code)
        }
    }

    private mutating func marshalReadTextValue(_ code: UInt8) throws(ValueError) -> Value? {
        switch code {
        case MarshalCode.shortASCII, MarshalCode.shortInternedASCII:
            return .text(latin1(try marshalTake(Int(try takeByte()))))
        case MarshalCode.ascii, MarshalCode.internedASCII:
            return .text(latin1(try marshalTakeCounted()))
        case MarshalCode.unicode, MarshalCode.internedUnicode:
            return try surrogateUTF8(try marshalTakeCounted())
        default: return nil
        }
    }

    /// An announced number of bytes or members; negative ones are refused.
    mutating func marshalCount() throws(ValueError) -> Int {
        let count = try takeLittleEndian(Int32.self)
        guard count >= 0 else { throw .malformed("a negative size") }
        return Int(count)
    }

    mutating func marshalTakeCounted() throws(ValueError) -> Range<Int> {
        try marshalTake(try marshalCount())
    }

    mutating func marshalLatin1(_ count: Int) throws(ValueError) -> String {
        latin1(try marshalTake(count))
    }

    /// Bytes that are copied once more for each reference to them are paid for each time.
    private mutating func marshalTake(_ count: Int) throws(ValueError) -> Range<Int> {
        if replaying > 0 { try spend(count / 16) }
        return try takeRange(count)
    }
}

extension ValueReader {
    private mutating func marshalReadBinaryFloat() throws(ValueError) -> Double {
        Double(bitPattern: try takeLittleEndian(UInt64.self))
    }

    private mutating func marshalReadTextFloat() throws(ValueError) -> Double {
        let text = try takeBytes(Int(try takeByte()))
        let word = String(decoding: text, as: UTF8.self).lowercased()
        switch word {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default:
            // Swift takes more forms (hexadecimal ones) than Python does.
            let isPlain = word.utf8.allSatisfy { "0123456789+-.e".utf8.contains($0) }
            guard isPlain, let float = Double(word) else { throw .malformed("a float that is no number") }
            return float
        }
    }

    /// Digits of 15 bits, least significant first.
    private mutating func marshalReadDigits() throws(ValueError) -> Value {
        let signed = try takeLittleEndian(Int32.self)
        let count = Int(signed.magnitude)
        guard count <= remainingBytes / 2 else {
            throw .truncated("announces \(count) digits, \(remainingBytes) bytes are left")
        }
        // 15 bits are a little more than 4.5 decimal digits.
        guard count == 0 || (count &- 1) &* 9 / 2 <= limits.integerDigits else { throw tooManyDigits }
        var magnitude: [UInt32] = []
        var buffer: UInt64 = 0
        var bits: UInt64 = 0
        var digit: UInt16 = 1
        for _ in 0..<count {
            digit = try takeLittleEndian(UInt16.self)
            guard digit < 0x8000 else { throw .malformed("an integer digit of more than 15 bits") }
            buffer |= UInt64(digit) << bits
            bits += 15
            if bits >= 32 {
                magnitude.append(UInt32(truncatingIfNeeded: buffer))
                buffer >>= 32
                bits -= 32
            }
        }
        guard digit != 0 else { throw .malformed("an integer with leading zeros") }
        magnitude.append(UInt32(truncatingIfNeeded: buffer))
        let integer = BigInteger(isNegative: signed < 0, magnitude: magnitude)
        guard integer.minimumDigits <= limits.integerDigits else { throw tooManyDigits }
        return Value(integer)
    }

    func latin1(_ range: Range<Int>) -> String {
        if bytes.withBytes(range, { UTF8Check.isASCII($0) }) { return bytes.text(in: range) }
        var text = String.UnicodeScalarView()
        for byte in bytes.array(range) { text.append(Unicode.Scalar(byte)) }
        return String(text)
    }

    /// UTF-8 that may hold surrogates, as Python's `surrogatepass` reads it.
    private func surrogateUTF8(_ range: Range<Int>) throws(ValueError) -> Value {
        if let text = bytes.checkedText(in: range) { return .text(text) }
        var points: [UInt32] = []
        var rest = bytes.array(range)[...]
        while let first = rest.first {
            if first == 0xed, rest.count >= 3 {
                let second = rest[rest.startIndex + 1]
                let third = rest[rest.startIndex + 2]
                if (0xa0...0xbf).contains(second), (0x80...0xbf).contains(third) {
                    points.append(0xd000 | UInt32(second & 0x3f) << 6 | UInt32(third & 0x3f))
                    rest = rest.dropFirst(3)
                    continue
                }
            }
            let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
            guard let scalar = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars.first
            else { throw .malformed("text that is not UTF-8") }
            points.append(scalar.value)
            rest = rest.dropFirst(length)
        }
        return .surrogateText(points)
    }
}
