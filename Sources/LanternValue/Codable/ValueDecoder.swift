#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes what is `Codable` from a ``Value``.
///
/// Takes what ``ValueEncoder`` writes, and what Python senders have instead: a tuple or set for a list, integer keys
/// for text ones, the base64 map for bytes, a `datetime` for a `Date` (a text without a zone is UTC), an integer for a
/// float. Nothing is rounded, cut or parsed from text otherwise.
public struct ValueDecoder: Sendable {
    public init() {}

    /// - Throws: `DecodingError`, with the coding path of the value that does not fit.
    public func decode<T: Decodable>(_ type: T.Type, from value: Value) throws -> T {
        try NodeDecoder(value: value, codingPath: []).decode(type)
    }
}

/// One value of a tree and how it was reached.
struct NodeDecoder: Decoder {
    let value: Value
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let pairs = value.pairs else { throw mismatch([String: Value].self, "a map") }
        return KeyedDecodingContainer(KeyedValueContainer(pairs: pairs, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = value.elements else { throw mismatch([Value].self, "a list") }
        return UnkeyedValueContainer(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
        var found = "\(value.kind)"
        if case .surrogateText = value { found = "text with lone surrogates" }
        let description = "expected \(expected), found \(found)"
        return value.isNone
            ? .valueNotFound(type, .init(codingPath: codingPath, debugDescription: description))
            : .typeMismatch(type, .init(codingPath: codingPath, debugDescription: description))
    }
}

extension NodeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.isNone }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard let bool = value.boolValue else { throw mismatch(type, "a bool") }
        return bool
    }

    func decode(_ type: String.Type) throws -> String {
        guard let text = value.textValue else { throw mismatch(type, "text") }
        return text
    }

    func decode(_ type: Double.Type) throws -> Double {
        do { return try value.asDouble() } catch { throw mismatch(type, "a float") }
    }

    func decode(_ type: Float.Type) throws -> Float {
        let double = try decode(Double.self)
        let float = Float(double)
        guard float.isFinite || !double.isFinite else { throw outOfRange(type) }
        return float
    }

    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }

    private func integer<T: FixedWidthInteger>() throws -> T {
        switch value {
        case .int(let integer):
            guard let exact = T(exactly: integer) else { throw outOfRange(T.self) }
            return exact
        case .bigInt(let integer):
            guard let exact = integer.uint64.flatMap({ T(exactly: $0) }) else { throw outOfRange(T.self) }
            return exact
        default: throw mismatch(T.self, "an integer")
        }
    }

    private func outOfRange(_ type: Any.Type) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: "a number that \(type) cannot hold"))
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        // In two steps: to a cast nothing at all is an optional without a value.
        if let special = try special(type), let value = special as? T { return value }
        return try T(from: self)
    }

    /// The types that do not decode themselves here.
    private func special(_ type: any Any.Type) throws -> Any? {
        switch type {
        case is Value.Type: return value
        case is [UInt8].Type: return try bytes()
        case is Data.Type: return Data(try bytes())
        case is BigInteger.Type: return try bigInteger()
        case is UUID.Type:
            guard let text = value.textValue, let uuid = UUID(uuidString: text) else {
                throw mismatch(type, "the text of a UUID")
            }
            return uuid
        case is Date.Type: return Date(timeIntervalSince1970: try secondsSince1970())
        default: return nil
        }
    }

    private func bytes() throws -> [UInt8] {
        if let bytes = value.bytesValue { return bytes }
        guard let elements = value.elements else { throw mismatch([UInt8].self, "bytes") }
        return try elements.enumerated().map { index, element in
            try NodeDecoder(value: element, codingPath: codingPath + [IndexKey(index)]).decode(UInt8.self)
        }
    }

    private func bigInteger() throws -> BigInteger {
        switch value {
        case .int(let integer): return BigInteger(integer)
        case .bigInt(let integer): return integer
        default: throw mismatch(BigInteger.self, "an integer")
        }
    }

    private func secondsSince1970() throws -> Double {
        switch value {
        case .dateTime(let seconds): return seconds
        case .date(let ordinal): return Double(ordinal &- DateText.ordinalOf1970) * 86400
        case .int, .float: return try decode(Double.self)
        default:
            guard let seconds = value.textValue.flatMap(DateText.parse) else {
                throw mismatch(Date.self, "a datetime or its ISO 8601 text")
            }
            return seconds
        }
    }
}
