/// A type that is written and read without a tree in between.
///
/// The standard types conform; anything else that is `Codable` takes the way over ``ValueEncoder``.
///
/// | Swift | Python |
/// |:--|:--|
/// | `Bool`, integers, `Double`, `Float`, `String` | `bool`, `int`, `float`, `str` |
/// | `[UInt8]` | `bytes`; in serpent and json `{'data': base64, 'encoding': 'base64'}` |
/// | `[T]` | `list`; `tuple` and `set` are read too |
/// | `Set<T>` | `set`; a list in json and msgpack |
/// | `[K: V]` | `dict`; integer keys are text in json and msgpack |
/// | `T?` | `None` or the value, so that `T??` cannot tell its two kinds of nothing apart |
public protocol RemoteCodable: Sendable {
    init(from reader: inout ValueReader) throws(ValueError)
    func write(to writer: inout ValueWriter) throws(ValueError)

    /// Reads an array of this type; `UInt8` reads bytes here.
    static func readArray(from reader: inout ValueReader) throws(ValueError) -> [Self]
    static func writeArray(_ members: [Self], to writer: inout ValueWriter) throws(ValueError)

    /// Reads a map key of this type; integers also take their digits as text here.
    static func readKey(from reader: inout ValueReader) throws(ValueError) -> Self
    func writeKey(to writer: inout ValueWriter) throws(ValueError)
}

extension RemoteCodable {
    @inlinable
    public static func readArray(from reader: inout ValueReader) throws(ValueError) -> [Self] {
        var cursor = try reader.beginSequence()
        var members: [Self] = []
        // A member may take far more memory than the byte it arrived in, so nothing large is reserved ahead.
        members.reserveCapacity(min(cursor.remaining ?? 0, 1024))
        while try reader.hasNext(&cursor) { members.append(try Self(from: &reader)) }
        return members
    }

    @inlinable
    public static func writeArray(_ members: [Self], to writer: inout ValueWriter) throws(ValueError) {
        try writer.beginList(count: members.count)
        for member in members { try member.write(to: &writer) }
        try writer.endSequence()
    }

    @inlinable
    public static func readKey(from reader: inout ValueReader) throws(ValueError) -> Self {
        try Self(from: &reader)
    }

    @inlinable
    public func writeKey(to writer: inout ValueWriter) throws(ValueError) { try write(to: &writer) }
}
