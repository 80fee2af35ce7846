/// MessagePack: the static path. Every standard encoding is taken, not only the shortest one.
extension ValueReader {
    mutating func msgpackPeekKind() throws(ValueError) -> ValueKind {
        let start = position
        defer { position = start }
        switch try takeByte() {
        case 0x00...0x7f, 0xe0...0xff, 0xcc...0xd3: return .int
        case 0x80...0x8f, 0xde, 0xdf: return .map
        case 0x90...0x9f, 0xdc, 0xdd: return .list
        case 0xa0...0xbf, 0xd9...0xdb: return .text
        case 0xc0: return .none
        case 0xc2, 0xc3: return .bool
        case 0xc4...0xc6: return .bytes
        case 0xca, 0xcb: return .float
        case 0xc1: throw .malformed("the byte c1 is not MessagePack")
        case let header: return try msgpackExtensionHeader(header).kind
        }
    }

    mutating func msgpackReadNone() throws(ValueError) -> Bool {
        guard position < bytes.count else { throw .truncated("expected a value, found the end") }
        guard bytes[position] == 0xc0 else { return false }
        position &+= 1
        return true
    }

    mutating func msgpackReadBool() throws(ValueError) -> Bool {
        let start = position
        switch try takeByte() {
        case 0xc2: return false
        case 0xc3: return true
        default: throw try msgpackWrongType("bool", at: start)
        }
    }

    @inline(__always)
    mutating func msgpackReadInt() throws(ValueError) -> Int64 {
        let header = bytes[position]
        if header < 0x80, position < bytes.count {
            position &+= 1
            return Int64(header)
        }
        return try msgpackReadLongInt()
    }

    @inline(never)
    private mutating func msgpackReadLongInt() throws(ValueError) -> Int64 {
        let start = position
        let header = try takeByte()
        switch header {
        case 0x00...0x7f: return Int64(header)
        case 0xe0...0xff: return Int64(Int8(bitPattern: header))
        case 0xcc: return Int64(try takeByte())
        case 0xcd: return Int64(try takeBigEndian(UInt16.self))
        case 0xce: return Int64(try takeBigEndian(UInt32.self))
        case 0xd0: return Int64(Int8(bitPattern: try takeByte()))
        case 0xd1: return Int64(try takeBigEndian(Int16.self))
        case 0xd2: return Int64(try takeBigEndian(Int32.self))
        case 0xd3: return try takeBigEndian(Int64.self)
        case 0xcf, 0xc7...0xc9, 0xd4...0xd8:
            position = start
            switch try msgpackReadValue() {
            case .int(let integer): return integer
            case .bigInt: throw .wrongType(expected: "an integer of 64 bits", found: "a larger one")
            case let other: throw .wrongType(expected: "an integer", found: "\(other.kind)")
            }
        default: throw try msgpackWrongType("an integer", at: start)
        }
    }

    /// Reads members of a list as long as they are integers that `T` holds and nine bytes are left for each.
    ///
    /// - Parameter room: the members' places.
    /// - Returns: how many were read; whatever stopped it is still to be read.
    mutating func msgpackReadMembers<T: FixedWidthInteger>(into room: UnsafeMutableBufferPointer<T>) -> Int {
        var index = position
        let read = bytes.withBytes { bytes in
            var read = 0
            while read < room.count, index &+ 9 <= bytes.count {
                let header = bytes[index]
                let value: Int64
                if header < 0x80 {
                    value = Int64(header)
                    index &+= 1
                } else if header >= 0xe0 {
                    value = Int64(Int8(bitPattern: header))
                    index &+= 1
                } else if 0xcc...0xd3 ~= header, header != 0xcf {
                    // 1, 2, 4 or 8 bytes: the upper ones of eight that are there in any case.
                    let size = 1 << Int(header & 3)
                    let raw = UInt64(
                        bigEndian: bytes.loadUnaligned(fromByteOffset: index &+ 1, as: UInt64.self))
                    let shift = UInt64(truncatingIfNeeded: 64 &- 8 &* size)
                    value =
                        header < 0xd0
                        ? Int64(truncatingIfNeeded: raw &>> shift)
                        : Int64(bitPattern: raw) &>> Int64(truncatingIfNeeded: shift)
                    index &+= 1 &+ size
                } else {
                    break
                }
                guard let member = T(exactly: value) else {
                    // Stands in front of this one again, for an error that says what is wrong.
                    index &-= 0xcc...0xd3 ~= header ? 1 &+ (1 << Int(header & 3)) : 1
                    break
                }
                room[read] = member
                read &+= 1
            }
            return read
        }
        position = index
        return read
    }

    mutating func msgpackReadDouble() throws(ValueError) -> Double {
        let start = position
        switch try takeByte() {
        case 0xcb: return Double(bitPattern: try takeBigEndian(UInt64.self))
        case 0xca: return Double(Float(bitPattern: try takeBigEndian(UInt32.self)))
        default:
            position = start
            return try msgpackReadValue().asDouble()
        }
    }

    mutating func msgpackReadText() throws(ValueError) -> String {
        let start = position
        let header = try takeByte()
        guard let count = try msgpackTextCount(header) else {
            throw try msgpackWrongType("text", at: start)
        }
        return try takeUTF8(count)
    }

    mutating func msgpackReadBytes() throws(ValueError) -> [UInt8] {
        bytes.array(try msgpackReadBytesRange())
    }

    mutating func msgpackReadBytesRange() throws(ValueError) -> Range<Int> {
        let start = position
        let header = try takeByte()
        guard let count = try msgpackBytesCount(header) else {
            throw try msgpackWrongType("bytes", at: start)
        }
        return try takeRange(count)
    }

    mutating func msgpackBeginSequence() throws(ValueError) -> Cursor {
        let start = position
        let header = try takeByte()
        guard let count = try msgpackListCount(header) else {
            throw try msgpackWrongType("a list", at: start)
        }
        try descend(members: count)
        return Cursor(kind: .list, remaining: count)
    }

    mutating func msgpackBeginMap() throws(ValueError) -> Cursor {
        let start = position
        let header = try takeByte()
        guard let count = try msgpackMapCount(header) else {
            throw try msgpackWrongType("a map", at: start)
        }
        try descend(members: count &* 2)
        return Cursor(kind: .map, remaining: count)
    }

    @inline(__always)
    mutating func msgpackHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool {
        guard let remaining = cursor.remaining else { return false }
        guard remaining > 0 else {
            cursor.remaining = nil
            depth &-= 1
            return false
        }
        cursor.remaining = remaining &- 1
        cursor.count &+= 1
        if cursor.kind == .map { try msgpackCheckKey() }
        return true
    }

    mutating func msgpackEndDocument() throws(ValueError) {
        guard remainingBytes == 0 else {
            throw .malformed("\(remainingBytes) bytes follow the value")
        }
    }

    /// Only text and bytes are keys to Python's unpacker; anything else could also be expensive to compare.
    func msgpackCheckKey() throws(ValueError) {
        guard position < bytes.count else { throw .truncated("expected a map key, found the end") }
        switch bytes[position] {
        case 0xa0...0xbf, 0xd9...0xdb, 0xc4...0xc6: return
        default: throw ValueError(.unsupported, "a map key that is neither text nor bytes")
        }
    }

    /// The error for a value of another kind, or what is wrong with that value itself.
    private mutating func msgpackWrongType(
        _ expected: String, at start: Int
    ) throws(ValueError) -> ValueError {
        position = start
        return .wrongType(expected: expected, found: "\(try msgpackPeekKind())")
    }
}

extension ValueReader {
    mutating func msgpackTextCount(_ header: UInt8) throws(ValueError) -> Int? {
        switch header {
        case 0xa0...0xbf: Int(header & 0x1f)
        case 0xd9: Int(try takeBigEndian(UInt8.self))
        case 0xda: Int(try takeBigEndian(UInt16.self))
        case 0xdb: Int(try takeBigEndian(UInt32.self))
        default: nil
        }
    }

    mutating func msgpackBytesCount(_ header: UInt8) throws(ValueError) -> Int? {
        switch header {
        case 0xc4: Int(try takeBigEndian(UInt8.self))
        case 0xc5: Int(try takeBigEndian(UInt16.self))
        case 0xc6: Int(try takeBigEndian(UInt32.self))
        default: nil
        }
    }

    mutating func msgpackListCount(_ header: UInt8) throws(ValueError) -> Int? {
        switch header {
        case 0x90...0x9f: Int(header & 0x0f)
        case 0xdc: Int(try takeBigEndian(UInt16.self))
        case 0xdd: Int(try takeBigEndian(UInt32.self))
        default: nil
        }
    }

    mutating func msgpackMapCount(_ header: UInt8) throws(ValueError) -> Int? {
        switch header {
        case 0x80...0x8f: Int(header & 0x0f)
        case 0xde: Int(try takeBigEndian(UInt16.self))
        case 0xdf: Int(try takeBigEndian(UInt32.self))
        default: nil
        }
    }
}

extension Value {
    /// A number as a float, as Python's `float()` would take it.
    func asDouble() throws(ValueError) -> Double {
        switch self {
        case .float(let float): return float
        case .int(let integer): return Double(integer)
        case .bigInt(let integer):
            if let float = Double(integer.decimalDescription), float.isFinite { return float }
            throw .wrongType(expected: "a float", found: "an integer outside its range")
        default: throw .wrongType(expected: "a float", found: "\(kind)")
        }
    }
}
