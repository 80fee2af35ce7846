/// Integers: the range of the Swift type is checked, a float or a bool is refused.
extension RemoteCodable where Self: FixedWidthInteger {
    @inlinable
    public init(from reader: inout ValueReader) throws(ValueError) {
        let integer = try reader.readInt()
        guard let value = Self(exactly: integer) else {
            throw .wrongType(expected: "\(Self.self)", found: "an integer outside its range")
        }
        self = value
    }

    @inlinable
    public func write(to writer: inout ValueWriter) throws(ValueError) {
        try writer.write(Int64(truncatingIfNeeded: self))
    }

    public static func readKey(from reader: inout ValueReader) throws(ValueError) -> Self {
        guard try reader.peekKind() == .text else { return try Self(from: &reader) }
        guard let value = Self(try reader.readText()) else {
            throw .wrongType(expected: "\(Self.self) as a key", found: "other text")
        }
        return value
    }

    /// Python's json writes every key as text, and Python's msgpack refuses to read any other key.
    public func writeKey(to writer: inout ValueWriter) throws(ValueError) {
        switch writer.format {
        case .json, .msgpack: try writer.write(String(self))
        case .serpent, .marshal: try write(to: &writer)
        }
    }
}

// Lists are read and written in one go; not in generic code, so that a caller's module need not make its own of it.

extension Int: RemoteCodable {
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [Int] {
        try reader.readList()
    }

    public static func writeArray(_ members: [Int], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeList(of: members)
    }
}

extension Int8: RemoteCodable {
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [Int8] {
        try reader.readList()
    }

    public static func writeArray(_ members: [Int8], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeList(of: members)
    }
}

extension Int16: RemoteCodable {
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [Int16] {
        try reader.readList()
    }

    public static func writeArray(_ members: [Int16], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeList(of: members)
    }
}

extension Int32: RemoteCodable {
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [Int32] {
        try reader.readList()
    }

    public static func writeArray(_ members: [Int32], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeList(of: members)
    }
}

extension Int64: RemoteCodable {
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [Int64] {
        try reader.readList()
    }

    public static func writeArray(_ members: [Int64], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeList(of: members)
    }
}

extension UInt16: RemoteCodable {
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [UInt16] {
        try reader.readList()
    }

    public static func writeArray(_ members: [UInt16], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeList(of: members)
    }
}

extension UInt32: RemoteCodable {
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [UInt32] {
        try reader.readList()
    }

    public static func writeArray(_ members: [UInt32], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeList(of: members)
    }
}

extension UInt: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) {
        self = UInt(truncatingIfNeeded: try UInt64(from: &reader))
    }

    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(UInt64(self)) }
}

extension UInt64: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) {
        let integer = try BigInteger(from: &reader)
        guard let value = integer.uint64 else {
            throw .wrongType(expected: "UInt64", found: "an integer outside its range")
        }
        self = value
    }

    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(self) }
}

extension BigInteger: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) {
        let kind = try reader.peekKind()
        guard kind == .int else { throw .wrongType(expected: "an integer", found: "\(kind)") }
        switch try reader.readValue() {
        case .int(let small): self = BigInteger(small)
        case .bigInt(let large): self = large
        case let other: throw .wrongType(expected: "an integer", found: "\(other.kind)")
        }
    }

    public func write(to writer: inout ValueWriter) throws(ValueError) {
        if let small = int64 { try writer.write(small) } else { try writer.write(self) }
    }
}

/// One byte is an integer; many are bytes.
extension UInt8: RemoteCodable {
    /// Takes bytes, their base64 map, and a list of integers.
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [UInt8] {
        switch try reader.peekKind() {
        case .list, .tuple, .set, .frozenSet:
            var cursor = try reader.beginSequence()
            var members: [UInt8] = []
            while try reader.hasNext(&cursor) { members.append(try UInt8(from: &reader)) }
            return members
        default:
            return try reader.readBytes()
        }
    }

    public static func writeArray(_ members: [UInt8], to writer: inout ValueWriter) throws(ValueError) {
        try writer.writeBytes(members)
    }
}
