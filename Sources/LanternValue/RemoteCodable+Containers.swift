extension Array: RemoteCodable where Element: RemoteCodable {
    @inlinable
    public init(from reader: inout ValueReader) throws(ValueError) {
        self = try Element.readArray(from: &reader)
    }

    @inlinable
    public func write(to writer: inout ValueWriter) throws(ValueError) {
        try Element.writeArray(self, to: &writer)
    }
}

extension Optional: RemoteCodable where Wrapped: RemoteCodable {
    @inlinable
    public init(from reader: inout ValueReader) throws(ValueError) {
        self = try reader.readNone() ? nil : .some(try Wrapped(from: &reader))
    }

    @inlinable
    public func write(to writer: inout ValueWriter) throws(ValueError) {
        switch self {
        case .some(let wrapped): try wrapped.write(to: &writer)
        case .none: try writer.writeNone()
        }
    }
}

extension Set: RemoteCodable where Element: RemoteCodable {
    @inlinable
    public init(from reader: inout ValueReader) throws(ValueError) {
        var cursor = try reader.beginSequence()
        self.init()
        while try reader.hasNext(&cursor) { insert(try Element(from: &reader)) }
    }

    @inlinable
    public func write(to writer: inout ValueWriter) throws(ValueError) {
        try writer.beginSet(count: count)
        for member in self { try member.write(to: &writer) }
        try writer.endSequence()
    }
}

extension Dictionary: RemoteCodable where Key: RemoteCodable, Value: RemoteCodable {
    /// Of several entries under one key the last one stays, as in Python.
    @inlinable
    public init(from reader: inout ValueReader) throws(ValueError) {
        var cursor = try reader.beginMap()
        self.init()
        while try reader.hasNext(&cursor) {
            let key = try Key.readKey(from: &reader)
            try reader.beginMapValue()
            self[key] = try Value(from: &reader)
        }
    }

    @inlinable
    public func write(to writer: inout ValueWriter) throws(ValueError) {
        try writer.beginMap(count: count)
        for (key, value) in self {
            try key.writeKey(to: &writer)
            try value.write(to: &writer)
        }
        try writer.endMap()
    }
}
