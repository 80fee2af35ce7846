/// MessagePack: whole values. The recursion is bounded by ``DecodingLimits/depth``.
extension ValueReader {
    mutating func msgpackReadValue() throws(ValueError) -> Value {
        let header = try takeByte()
        switch header {
        case 0x00...0x7f: return .int(Int64(header))
        case 0xe0...0xff: return .int(Int64(Int8(bitPattern: header)))
        case 0xa0...0xbf: return .text(try takeUTF8(Int(header & 0x1f)))
        case 0x80...0x8f: return try msgpackReadMap(Int(header & 0x0f))
        case 0x90...0x9f: return try msgpackReadList(Int(header & 0x0f))
        case 0xc0: return .none
        case 0xc2: return .bool(false)
        case 0xc3: return .bool(true)
        case 0xca: return .float(Double(Float(bitPattern: try takeBigEndian(UInt32.self))))
        case 0xcb: return .float(Double(bitPattern: try takeBigEndian(UInt64.self)))
        case 0xcc: return .int(Int64(try takeBigEndian(UInt8.self)))
        case 0xcd: return .int(Int64(try takeBigEndian(UInt16.self)))
        case 0xce: return .int(Int64(try takeBigEndian(UInt32.self)))
        case 0xcf: return Value(try takeBigEndian(UInt64.self))
        case 0xd0: return .int(Int64(try takeBigEndian(Int8.self)))
        case 0xd1: return .int(Int64(try takeBigEndian(Int16.self)))
        case 0xd2: return .int(Int64(try takeBigEndian(Int32.self)))
        case 0xd3: return .int(try takeBigEndian(Int64.self))
        default: return try msgpackReadLong(header)
        }
    }

    /// What has a length field or an extension code.
    private mutating func msgpackReadLong(_ header: UInt8) throws(ValueError) -> Value {
        if let count = try msgpackTextCount(header) { return .text(try takeUTF8(count)) }
        if let count = try msgpackBytesCount(header) { return .bytes(try takeBytes(count)) }
        if let count = try msgpackListCount(header) { return try msgpackReadList(count) }
        if let count = try msgpackMapCount(header) { return try msgpackReadMap(count) }
        return try msgpackReadExtension(try msgpackExtensionHeader(header))
    }

    private mutating func msgpackReadList(_ count: Int) throws(ValueError) -> Value {
        try descend(members: count)
        var members: [Value] = []
        members.reserveCapacity(min(count, 4096))
        for _ in 0..<count { members.append(try msgpackReadValue()) }
        depth &-= 1
        return .list(members)
    }

    private mutating func msgpackReadMap(_ count: Int) throws(ValueError) -> Value {
        try descend(members: count &* 2)
        var map = MapBuilder(reserving: min(count, 1024))
        for _ in 0..<count {
            try msgpackCheckKey()
            let key = try msgpackReadValue()
            map.insert(key, try msgpackReadValue())
        }
        depth &-= 1
        return .map(map.pairs)
    }

    /// Passes over a value without recursion: only the number of values still to come is kept.
    mutating func msgpackSkipValue() throws(ValueError) {
        var pending = 1
        while pending > 0 {
            pending &-= 1
            let header = try takeByte()
            switch header {
            case 0x00...0x7f, 0xe0...0xff, 0xc0, 0xc2, 0xc3: continue
            case 0xcc, 0xd0: _ = try takeRange(1)
            case 0xcd, 0xd1: _ = try takeRange(2)
            case 0xca, 0xce, 0xd2: _ = try takeRange(4)
            case 0xcb, 0xcf, 0xd3: _ = try takeRange(8)
            default: pending &+= try msgpackSkipLong(header)
            }
            guard pending <= remainingBytes else {
                throw .truncated("announces \(pending) values, \(remainingBytes) bytes are left")
            }
        }
    }

    /// - Returns: how many members follow.
    private mutating func msgpackSkipLong(_ header: UInt8) throws(ValueError) -> Int {
        if let count = try msgpackTextCount(header) {
            _ = try takeRange(count)
        } else if let count = try msgpackBytesCount(header) {
            _ = try takeRange(count)
        } else if let count = try msgpackListCount(header) {
            try spend(count)
            return count
        } else if let count = try msgpackMapCount(header) {
            try spend(count &* 2)
            return count &* 2
        } else {
            _ = try takeRange(try msgpackExtensionHeader(header).size)
        }
        return 0
    }
}
