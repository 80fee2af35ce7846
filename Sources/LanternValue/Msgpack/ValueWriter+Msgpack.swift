/// MessagePack as Python's packer writes it: always the shortest form, floats in 64 bits.
extension ValueWriter {
    mutating func msgpackNone() throws(ValueError) { sink.append(0xc0) }

    mutating func msgpackBool(_ value: Bool) throws(ValueError) { sink.append(value ? 0xc3 : 0xc2) }

    @inline(__always)
    mutating func msgpackInt(_ value: Int64) throws(ValueError) {
        // The room for any of the forms, so that there is one check and one store.
        sink.append(upTo: 9) { Self.msgpackWrite(value, to: $0) }
    }

    @inline(__always)
    mutating func msgpackUInt(_ value: UInt64) throws(ValueError) {
        if let value = Int64(exactly: value) { return try msgpackInt(value) }
        sink.append(0xcf, raw: value.bigEndian)
    }

    /// - Parameter room: nine bytes at least.
    /// - Returns: how many were written.
    @inline(__always)
    static func msgpackWrite(_ value: Int64, to room: UnsafeMutableRawBufferPointer) -> Int {
        func put<T: FixedWidthInteger & BitwiseCopyable>(_ code: UInt8, _ number: T) -> Int {
            room[0] = code
            room.storeBytes(of: number.bigEndian, toByteOffset: 1, as: T.self)
            return 1 &+ MemoryLayout<T>.size
        }
        if value >= 0 {
            if value < 0x80 {
                room[0] = UInt8(truncatingIfNeeded: value)
                return 1
            }
            if value <= 0xff { return put(0xcc, UInt8(truncatingIfNeeded: value)) }
            if value <= 0xffff { return put(0xcd, UInt16(truncatingIfNeeded: value)) }
            if value <= 0xffff_ffff { return put(0xce, UInt32(truncatingIfNeeded: value)) }
            return put(0xcf, value)
        }
        if value >= -32 {
            room[0] = UInt8(truncatingIfNeeded: value)
            return 1
        }
        if value >= -0x80 { return put(0xd0, Int8(truncatingIfNeeded: value)) }
        if value >= -0x8000 { return put(0xd1, Int16(truncatingIfNeeded: value)) }
        if value >= -0x8000_0000 { return put(0xd2, Int32(truncatingIfNeeded: value)) }
        return put(0xd3, value)
    }

    /// - Parameter integers: of a type that `Int64` holds.
    @inline(__always)
    mutating func msgpackWriteMembers<T: FixedWidthInteger>(_ integers: [T]) {
        integers.withUnsafeBufferPointer { integers in
            var start = 0
            while start < integers.count {
                let end = min(start &+ 256, integers.count)
                sink.append(upTo: (end &- start) &* 9) { room in
                    var place = 0
                    for index in start..<end {
                        let rest = UnsafeMutableRawBufferPointer(rebasing: room[place...])
                        place &+= Self.msgpackWrite(Int64(truncatingIfNeeded: integers[index]), to: rest)
                    }
                    return place
                }
                start = end
            }
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
        let isWritten = value.withBytes { utf8 in
            guard utf8.count < 32 else { return false }
            sink.append(upTo: 32) { room in
                room[0] = 0xa0 | UInt8(truncatingIfNeeded: utf8.count)
                UnsafeMutableRawBufferPointer(rebasing: room[1...]).copyMemory(from: utf8)
                return utf8.count &+ 1
            }
            return true
        }
        if !isWritten { try msgpackLongText(value) }
    }

    private mutating func msgpackLongText(_ value: String) throws(ValueError) {
        let count = value.utf8.count
        if count <= 0xff {
            sink.append(0xd9, raw: UInt8(truncatingIfNeeded: count))
        } else {
            try appendCount(count, 0xda, 0xdb)
        }
        value.withBytes { sink.append($0) }
    }

    mutating func msgpackBytes(_ value: UnsafeRawBufferPointer) throws(ValueError) {
        if value.count <= 0xff {
            appendBigEndian(0xc4, UInt8(truncatingIfNeeded: value.count))
        } else {
            try appendCount(value.count, 0xc5, 0xc6)
        }
        sink.append(value)
    }

    mutating func msgpackBeginList(_ count: Int) throws(ValueError) {
        if count < 16, count >= 0 { return sink.append(0x90 | UInt8(truncatingIfNeeded: count)) }
        try appendCount(count, 0xdc, 0xdd)
    }

    mutating func msgpackBeginMap(_ count: Int) throws(ValueError) {
        if count < 16, count >= 0 { return sink.append(0x80 | UInt8(truncatingIfNeeded: count)) }
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

    @inline(__always)
    private mutating func appendBigEndian(_ code: UInt8, _ value: some FixedWidthInteger & BitwiseCopyable) {
        sink.append(code, raw: value.bigEndian)
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
            sink.append(UInt8(bitPattern: code))
        }
        sink.append(contentsOf: data)
    }

    private mutating func beginExtension(_ code: Int8, sized header: UInt8) {
        sink.append(header)
        sink.append(UInt8(bitPattern: code))
    }
}

extension ValueWriter {
    @inline(__always)
    mutating func appendLittleEndian(_ value: some FixedWidthInteger & BitwiseCopyable) {
        sink.append(raw: value.littleEndian)
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
