/// The names of a struct's fields, each written out beforehand as a map key of every format.
///
/// For what `@RemoteValue` writes; a conformance written by hand may use it too.
public struct RemoteFields: Sendable {
    /// The type, for errors.
    package let type: String
    package let names: [String]
    let msgpack: Table
    let json: Table
    let serpent: Table

    /// - Parameter names: in the order in which the fields are written.
    public init(_ type: String, _ names: String...) {
        self.type = type
        self.names = names
        msgpack = Table(names) { name in
            var writer = ValueWriter(format: .msgpack)
            // Only a name of more than four billion bytes could fail.
            try? writer.write(name)
            return writer.takeOutput()
        }
        json = Table(names) { name in
            var sink = ByteSink(capacity: name.utf8.count + 4)
            JSONText.append(name, to: &sink)
            sink.append(literal: ": ")
            return sink.take()
        }
        serpent = Table(names) { name in
            var sink = ByteSink(capacity: name.utf8.count + 3)
            SerpentText.append(name, to: &sink)
            sink.append(literal: ":")
            return sink.take()
        }
    }

    /// The keys of one format.
    struct Table: Sendable {
        let keys: [Key]

        init(_ names: [String], _ encode: (String) -> [UInt8]) { keys = names.map { Key(encode($0)) } }
    }

    /// One key: its first sixteen bytes as two words, so that most are compared and stored without a loop.
    struct Key: Sendable {
        let bytes: [UInt8]
        let count: Int
        /// In memory order; zero behind the end of the key.
        let low: UInt64
        let high: UInt64
        /// Ones where `low` has bytes of the key.
        let mask: UInt64

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            count = bytes.count
            func word(_ part: ArraySlice<UInt8>) -> UInt64 {
                part.reversed().reduce(0) { $0 << 8 | UInt64($1) }.littleEndian
            }
            low = word(bytes.prefix(8))
            high = word(bytes.dropFirst(8).prefix(8))
            mask = (count >= 8 ? UInt64.max : 1 << UInt64(8 * count) &- 1).littleEndian
        }
    }

    /// The field of that name, if there is one.
    func index(of name: String) -> Int? {
        names.firstIndex { $0 == name && $0.utf8.elementsEqual(name.utf8) }
    }
}

/// What the code that `@RemoteValue` writes is made of. Each pair of overloads tells optional fields from others, and
/// ``RemoteCodable`` ones from those that are only `Codable`, by the type of the property.
extension RemoteFields {
    /// How many entries a field makes: none when it is nil.
    @inlinable
    public static func count<T>(_ value: T) -> Int { 1 }

    @inlinable
    public static func count<T>(_ value: T?) -> Int { value == nil ? 0 : 1 }

    /// The value of a field that has to be there.
    ///
    /// - Throws: ``ValueError/Code/wrongType``, naming the field.
    @inlinable
    public func require<T>(_ value: T?, _ index: Int) throws(ValueError) -> T {
        guard let value else { throw missing(index) }
        return value
    }

    /// The value of an optional field.
    @inlinable
    public func require<T>(_ value: T??, _ index: Int) throws(ValueError) -> T? { value ?? nil }

    @usableFromInline
    func missing(_ index: Int) -> ValueError {
        ValueError(.wrongType, "\(type) without '\(names[index])'")
    }

    /// An error with the place of the field in front.
    @usableFromInline
    func located(_ error: ValueError, _ index: Int) -> ValueError {
        ValueError(error.code, "\(type).\(names[index]): \(error.detail)")
    }
}

extension ValueWriter {
    @inlinable
    public mutating func writeField<T: RemoteCodable>(
        _ index: Int, of fields: RemoteFields, _ value: T
    ) throws(ValueError) {
        try writeName(index, of: fields)
        try value.write(to: &self)
    }

    /// Nothing when the value is nil.
    @inlinable
    public mutating func writeField<T: RemoteCodable>(
        _ index: Int, of fields: RemoteFields, _ value: T?
    ) throws(ValueError) {
        guard let value else { return }
        try writeName(index, of: fields)
        try value.write(to: &self)
    }

    @_disfavoredOverload
    public mutating func writeField<T: Encodable>(
        _ index: Int, of fields: RemoteFields, _ value: T
    ) throws(ValueError) {
        try writeName(index, of: fields)
        do { try write(ValueEncoder().encode(value)) } catch {
            throw fields.located(ValueError(.notRepresentable, by: error), index)
        }
    }

    @_disfavoredOverload
    public mutating func writeField<T: Encodable>(
        _ index: Int, of fields: RemoteFields, _ value: T?
    ) throws(ValueError) {
        guard let value else { return }
        try writeField(index, of: fields, value)
    }

    /// Writes the name of a field as the next key of the map that is open.
    public mutating func writeName(_ index: Int, of fields: RemoteFields) throws(ValueError) {
        switch format {
        case .msgpack: sink.append(fields.msgpack.keys[index])
        case .json:
            try beginTextName()
            sink.append(fields.json.keys[index])
        case .serpent:
            try beginTextName()
            sink.append(fields.serpent.keys[index])
        case .marshal: try write(fields.names[index])
        }
    }
}

extension ByteSink {
    @inline(__always)
    fileprivate mutating func append(_ key: RemoteFields.Key) {
        guard key.count <= 16 else { return append(contentsOf: key.bytes) }
        append(upTo: 16) { room in
            room.storeBytes(of: key.low, toByteOffset: 0, as: UInt64.self)
            room.storeBytes(of: key.high, toByteOffset: 8, as: UInt64.self)
            return key.count
        }
    }
}

extension ValueReader {
    /// Goes to the next entry of a map whose key is the name of a field, and stops in front of its value.
    ///
    /// Other entries are checked and passed over.
    ///
    /// - Returns: which field it is; nil at the end of the map, which is left then.
    public mutating func nextField(
        _ cursor: inout Cursor, of fields: RemoteFields
    ) throws(ValueError) -> Int? {
        while try hasNext(&cursor) {
            // Most often the fields come in their own order.
            let expected = cursor.count &- 1
            if expected < fields.names.count, takeName(expected, of: fields) {
                try countName()
                return expected
            }
            let name = try readValue()
            try beginMapValue()
            if case .text(let name) = name, let index = fields.index(of: name) { return index }
            try skipValue()
        }
        return nil
    }

    @inlinable
    public mutating func readField<T: RemoteCodable>(
        _ index: Int, of fields: RemoteFields, as type: T.Type
    ) throws(ValueError) -> T {
        do throws(ValueError) { return try T(from: &self) } catch { throw fields.located(error, index) }
    }

    @_disfavoredOverload
    public mutating func readField<T: Decodable>(
        _ index: Int, of fields: RemoteFields, as type: T.Type
    ) throws(ValueError) -> T {
        do { return try ValueDecoder().decode(type, from: readValue()) } catch {
            throw fields.located(ValueError(.wrongType, by: error), index)
        }
    }

    /// Takes the key, and the colon behind it, when it stands there as an encoder writes it.
    @inline(__always)
    private mutating func takeName(_ index: Int, of fields: RemoteFields) -> Bool {
        switch format {
        case .msgpack: takeKey(fields.msgpack.keys[index])
        case .json: takeKey(fields.json.keys[index])
        case .serpent: takeKey(fields.serpent.keys[index])
        case .marshal: false
        }
    }

    /// - Returns: false also when fewer than eight bytes are left; the other way of reading a key takes it then.
    @inline(__always)
    private mutating func takeKey(_ key: RemoteFields.Key) -> Bool {
        guard let low = bytes.load(UInt64.self, at: position), low & key.mask == key.low else { return false }
        if key.count > 8 {
            guard key.count <= remainingBytes else { return false }
            for offset in 8..<key.count where key.bytes[offset] != bytes[position &+ offset] { return false }
        }
        position &+= key.count
        return true
    }

    /// A key of the text formats counts as a value; in msgpack the map has counted it.
    @inline(__always)
    private mutating func countName() throws(ValueError) {
        switch format {
        case .json, .serpent: try countTextNode()
        case .marshal, .msgpack: break
        }
    }
}
