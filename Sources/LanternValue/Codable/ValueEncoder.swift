#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Turns what is `Codable` into a ``Value``.
///
/// Structs and dictionaries become maps with text keys, arrays and sets lists, `nil` is `None`. `[UInt8]` and `Data`
/// become bytes, a `UUID` its text in lower case, and a `Date` the text that Python's `isoformat` gives for a
/// `datetime` in UTC, since only msgpack has a form of its own for it.
public struct ValueEncoder: Sendable {
    public init() {}

    public func encode<T: Encodable>(_ value: T) throws -> Value {
        try EncodingNode.make(value, path: []).value
    }
}

/// A value under construction; containers hold on to theirs while they add to it.
final class EncodingNode {
    enum Content {
        case value(Value)
        case list([EncodingNode])
        case map([(key: String, node: EncodingNode)])
    }

    var content: Content?

    init(_ content: Content? = nil) { self.content = content }

    convenience init(_ value: Value) { self.init(.value(value)) }

    /// The finished value. A type that encodes nothing is an empty map, as other coders have it.
    var value: Value {
        switch content {
        case .value(let value): value
        case .list(let nodes): .list(nodes.map(\.value))
        case .map(let entries): .map(entries.map { ValuePair(.text($0.key), $0.node.value) })
        case nil: .map([])
        }
    }

    func append(_ node: EncodingNode) {
        guard case .list(var nodes) = content else { return content = .list([node]) }
        content = nil  // so that the array is not copied
        nodes.append(node)
        content = .list(nodes)
    }

    func set(_ key: String, _ node: EncodingNode) {
        guard case .map(var entries) = content else { return content = .map([(key, node)]) }
        content = nil
        entries.append((key, node))
        content = .map(entries)
    }

    static func make<T: Encodable>(_ value: T, path: [any CodingKey]) throws -> EncodingNode {
        if let special = try special(value, path: path) { return special }
        let node = EncodingNode()
        try value.encode(to: NodeEncoder(node: node, codingPath: path))
        return node
    }

    /// The types that do not encode themselves here.
    ///
    /// By their static type: to a cast an empty array is one of bytes, whatever its members would be.
    private static func special<T>(_ value: T, path: [any CodingKey]) throws -> EncodingNode? {
        switch T.self {
        case is Value.Type: return (value as? Value).map { EncodingNode($0) }
        case is [UInt8].Type: return (value as? [UInt8]).map { EncodingNode(.bytes($0)) }
        case is Data.Type: return (value as? Data).map { EncodingNode(.bytes(Array($0))) }
        case is BigInteger.Type: return (value as? BigInteger).map { EncodingNode(Value($0)) }
        case is UUID.Type: return (value as? UUID).map { EncodingNode(.text($0.uuidString.lowercased())) }
        case is Date.Type:
            guard let date = value as? Date else { return nil }
            guard let text = DateText.format(date.timeIntervalSince1970) else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: path, debugDescription: "a date outside the years 1 to 9999"))
            }
            return EncodingNode(.text(text))
        default: return nil
        }
    }
}

struct NodeEncoder: Encoder {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if node.content == nil { node.content = .map([]) }
        return KeyedEncodingContainer(KeyedNodeContainer(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if node.content == nil { node.content = .list([]) }
        return UnkeyedNodeContainer(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleNodeContainer(node: node, codingPath: codingPath)
    }
}
