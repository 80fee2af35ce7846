/// MessagePack as Python's packer writes it: always the shortest form, floats in 64 bits.
extension ValueWriter {
    mutating func msgpackNone() throws(ValueError) { output.append(0xc0) }

    mutating func msgpackBool(_ value: Bool) throws(ValueError) { output.append(value ? 0xc3 : 0xc2) }

    mutating func msgpackInt(_ value: Int64) throws(ValueError) {
        switch value {
        case 0...: try msgpackUInt(UInt64(truncatingIfNeeded: value))
        case -32..<0: output.append(UInt8(truncatingIfNeeded: value))
        case -0x80 ..< -32: appendBigEndian(0xd0, Int8(truncatingIfNeeded: value))
        case -0x8000 ..< -0x80: appendBigEndian(0xd1, Int16(truncatingIfNeeded: value))
        case -0x8000_0000 ..< -0x8000: appendBigEndian(0xd2, Int32(truncatingIfNeeded: value))
        default: appendBigEndian(0xd3, value)
        }
    }

    mutating func msgpackUInt(_ value: UInt64) throws(ValueError) {
        switch value {
        case 0..<0x80: output.append(UInt8(truncatingIfNeeded: value))
        case 0x80...0xff: appendBigEndian(0xcc, UInt8(truncatingIfNeeded: value))
        case 0x100...0xffff: appendBigEndian(0xcd, UInt16(truncatingIfNeeded: value))
        case 0x1_0000...0xffff_ffff: appendBigEndian(0xce, UInt32(truncatingIfNeeded: value))
        default: appendBigEndian(0xcf, value)
        }
    }

    mutating func msgpackBigInt(_ value: BigInteger) throws(ValueError) {
        if let small = value.int64 { return try msgpackInt(small) }
        if let small = value.uint64 { return try msgpackUInt(small) }
        try msgpackExtended(MsgpackExtension.bigInteger, try decimalDigits(of: value))
    }

    mutating func msgpackFloat(_ value: Double) throws(ValueError) {
        appendBigEndian(0xcb, value.bitPattern)
    }

    mutating func msgpackText(_ value: String) throws(ValueError) {
        let count = value.utf8.count
        switch count {
        case 0..<32: output.append(0xa0 | UInt8(truncatingIfNeeded: count))
        case 32...0xff: appendBigEndian(0xd9, UInt8(truncatingIfNeeded: count))
        default: try appendCount(count, 0xda, 0xdb)
        }
        output.append(contentsOf: value.utf8)
    }

    mutating func msgpackBytes(_ value: [UInt8]) throws(ValueError) {
        if value.count <= 0xff {
            appendBigEndian(0xc4, UInt8(truncatingIfNeeded: value.count))
        } else {
            try appendCount(value.count, 0xc5, 0xc6)
        }
        output.append(contentsOf: value)
    }

    mutating func msgpackBeginList(_ count: Int) throws(ValueError) {
        if count < 16, count >= 0 { return output.append(0x90 | UInt8(truncatingIfNeeded: count)) }
        try appendCount(count, 0xdc, 0xdd)
    }

    mutating func msgpackBeginMap(_ count: Int) throws(ValueError) {
        if count < 16, count >= 0 { return output.append(0x80 | UInt8(truncatingIfNeeded: count)) }
        try appendCount(count, 0xde, 0xdf)
    }

    private mutating func appendCount(_ count: Int, _ short: UInt8, _ long: UInt8) throws(ValueError) {
        if let count = UInt16(exactly: count) {
            appendBigEndian(short, count)
        } else if let count = UInt32(exactly: count) {
            appendBigEndian(long, count)
        } else {
            throw .notRepresentable("anything of \(count) parts", in: .msgpack)
        }
    }

    private mutating func appendBigEndian(_ code: UInt8, _ value: some FixedWidthInteger) {
        output.append(code)
        withUnsafeBytes(of: value.bigEndian) { output.append(contentsOf: $0) }
    }
}

/// Pyro's extension types; their numbers are little-endian, unlike everything else in MessagePack.
enum MsgpackExtension {
    static let complex: Int8 = 0x30
    static let bigInteger: Int8 = 0x31
    static let dateTime: Int8 = 0x32
    static let date: Int8 = 0x33
    /// MessagePack's own.
    static let timestamp: Int8 = -1
}

extension ValueWriter {
    mutating func msgpackComplex(_ real: Double, _ imaginary: Double) throws(ValueError) {
        beginExtension(MsgpackExtension.complex, sized: 0xd8)
        appendLittleEndian(real.bitPattern)
        appendLittleEndian(imaginary.bitPattern)
    }

    mutating func msgpackDateTime(_ seconds: Double) throws(ValueError) {
        beginExtension(MsgpackExtension.dateTime, sized: 0xd7)
        appendLittleEndian(seconds.bitPattern)
    }

    mutating func msgpackDate(_ ordinal: Int64) throws(ValueError) {
        beginExtension(MsgpackExtension.date, sized: 0xd7)
        appendLittleEndian(ordinal)
    }

    mutating func msgpackExtended(_ code: Int8, _ data: [UInt8]) throws(ValueError) {
        switch data.count {
        case 1: beginExtension(code, sized: 0xd4)
        case 2: beginExtension(code, sized: 0xd5)
        case 4: beginExtension(code, sized: 0xd6)
        case 8: beginExtension(code, sized: 0xd7)
        case 16: beginExtension(code, sized: 0xd8)
        default:
            if data.count <= 0xff {
                appendBigEndian(0xc7, UInt8(truncatingIfNeeded: data.count))
            } else {
                try appendCount(data.count, 0xc8, 0xc9)
            }
            output.append(UInt8(bitPattern: code))
        }
        output.append(contentsOf: data)
    }

    private mutating func beginExtension(_ code: Int8, sized header: UInt8) {
        output.append(header)
        output.append(UInt8(bitPattern: code))
    }
}

extension ValueWriter {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
    }

    /// An integer's digits, when a Python receiver would take so many.
    func decimalDigits(of value: BigInteger) throws(ValueError) -> [UInt8] {
        let limit = DecodingLimits().integerDigits
        guard value.minimumDigits <= limit else {
            throw .notRepresentable("an integer of more than \(limit) digits", in: format)
        }
        let digits = value.decimalDigits
        guard digits.count - (value.isNegative ? 1 : 0) <= limit else {
            throw .notRepresentable("an integer of more than \(limit) digits", in: format)
        }
        return digits
    }
}

extension BigInteger {
    /// A lower bound for the number of decimal digits, from the number of bits.
    package var minimumDigits: Int {
        guard let top = magnitude.last else { return 1 }
        let bits = magnitude.count * 32 - top.leadingZeroBitCount
        return (bits - 1) * 30102 / 100_000 + 1
    }
}
