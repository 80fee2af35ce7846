/// Marshal as versions 3 and 4 of Python's format have it, without references: readers do not need them.
extension ValueWriter {
    mutating func marshalNone() throws(ValueError) { sink.append(MarshalCode.none) }

    mutating func marshalBool(_ value: Bool) throws(ValueError) {
        sink.append(value ? MarshalCode.true : MarshalCode.false)
    }

    mutating func marshalInt(_ value: Int64) throws(ValueError) {
        guard let small = Int32(exactly: value) else { return appendDigits(BigInteger(value)) }
        sink.append(MarshalCode.int32, raw: small.littleEndian)
    }

    mutating func marshalBigInt(_ value: BigInteger) throws(ValueError) {
        if let small = value.int64 { return try marshalInt(small) }
        // The format has no limit, but our own reader and every text format stop here.
        _ = try decimalDigits(of: value)
        appendDigits(value)
    }

    mutating func marshalFloat(_ value: Double) throws(ValueError) {
        sink.append(MarshalCode.float, raw: value.bitPattern.littleEndian)
    }

    mutating func marshalComplex(_ real: Double, _ imaginary: Double) throws(ValueError) {
        sink.append(MarshalCode.complex)
        appendLittleEndian(real.bitPattern)
        appendLittleEndian(imaginary.bitPattern)
    }

    mutating func marshalText(_ value: String) throws(ValueError) {
        let failure = value.withBytes { utf8 -> ValueError? in
            let isASCII = UTF8Check.isASCII(utf8)
            do throws(ValueError) {
                if isASCII, let count = UInt8(exactly: utf8.count) {
                    sink.append(MarshalCode.shortASCII, raw: count)
                } else {
                    try appendCounted(isASCII ? MarshalCode.ascii : MarshalCode.unicode, utf8.count)
                }
            } catch {
                return error
            }
            sink.append(utf8)
            return nil
        }
        if let failure { throw failure }
    }

    /// UTF-8 in which each surrogate has its own three bytes.
    mutating func marshalSurrogateText(_ points: [UInt32]) throws(ValueError) {
        var encoded: [UInt8] = []
        for point in points {
            if let scalar = Unicode.Scalar(point) {
                encoded.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
            } else {
                guard point < 0x1_0000 else {
                    throw .notRepresentable("a code point above 10FFFF", in: format)
                }
                encoded.append(0xe0 | UInt8(truncatingIfNeeded: point >> 12))
                encoded.append(0x80 | UInt8(truncatingIfNeeded: point >> 6 & 0x3f))
                encoded.append(0x80 | UInt8(truncatingIfNeeded: point & 0x3f))
            }
        }
        try appendCounted(MarshalCode.unicode, encoded.count)
        sink.append(contentsOf: encoded)
    }

    mutating func marshalBytes(_ value: UnsafeRawBufferPointer) throws(ValueError) {
        try appendCounted(MarshalCode.bytes, value.count)
        sink.append(value)
    }

    mutating func marshalBeginList(_ count: Int) throws(ValueError) {
        try appendCounted(MarshalCode.list, count)
    }

    mutating func marshalBeginTuple(_ count: Int) throws(ValueError) {
        guard let short = UInt8(exactly: count) else { return try appendCounted(MarshalCode.tuple, count) }
        sink.append(MarshalCode.shortTuple)
        sink.append(short)
    }

    mutating func marshalBeginSet(_ count: Int, frozen: Bool) throws(ValueError) {
        try appendCounted(frozen ? MarshalCode.frozenSet : MarshalCode.set, count)
    }

    mutating func marshalBeginMap(_ count: Int) throws(ValueError) { sink.append(MarshalCode.map) }

    mutating func marshalEndMap() throws(ValueError) { sink.append(MarshalCode.null) }

    private mutating func appendCounted(_ code: UInt8, _ count: Int) throws(ValueError) {
        guard let count = Int32(exactly: count), count >= 0 else {
            throw .notRepresentable("anything of \(count) parts", in: .marshal)
        }
        sink.append(code, raw: count.littleEndian)
    }

    /// The magnitude in digits of 15 bits; their number carries the sign.
    private mutating func appendDigits(_ value: BigInteger) {
        var digits: [UInt16] = []
        var buffer: UInt64 = 0
        var bits: UInt64 = 0
        for part in value.magnitude {
            buffer |= UInt64(part) << bits
            bits += 32
            while bits >= 15 {
                digits.append(UInt16(buffer & 0x7fff))
                buffer >>= 15
                bits -= 15
            }
        }
        if buffer > 0 { digits.append(UInt16(buffer & 0x7fff)) }
        while digits.last == 0 { digits.removeLast() }
        sink.append(MarshalCode.digits)
        let count = Int32(truncatingIfNeeded: digits.count)
        appendLittleEndian(value.isNegative ? -count : count)
        for digit in digits { appendLittleEndian(digit) }
    }
}
