struct KeyedValueContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let codingPath: [any CodingKey]
    private let classes: ClassTable?
    private let values: [String: Value]
    /// In the order of their arrival.
    private let names: [String]

    /// Integer keys count as their digits, as in Swift's own dictionaries of integer keys.
    init(pairs: [ValuePair], codingPath: [any CodingKey], classes: ClassTable?) {
        self.codingPath = codingPath
        self.classes = classes
        var values: [String: Value] = [:]
        var names: [String] = []
        for pair in pairs {
            let name: String
            switch pair.key {
            case .text(let text): name = text
            case .int(let integer): name = String(integer)
            default: continue
            }
            if values.updateValue(pair.value, forKey: name) == nil { names.append(name) }
        }
        self.values = values
        self.names = names
    }

    var allKeys: [Key] { names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { values[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try child(key).decodeNil() }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try child(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try child(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try child(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        NodeDecoder(value: values["super"] ?? .none, codingPath: codingPath + [SuperKey()], classes: classes)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        NodeDecoder(value: values[key.stringValue] ?? .none, codingPath: codingPath + [key], classes: classes)
    }

    private func child(_ key: Key) throws -> NodeDecoder {
        guard let value = values[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "no entry '\(key.stringValue)'"))
        }
        return NodeDecoder(value: value, codingPath: codingPath + [key], classes: classes)
    }
}

struct UnkeyedValueContainer: UnkeyedDecodingContainer {
    let elements: [Value]
    let codingPath: [any CodingKey]
    private let classes: ClassTable?
    private(set) var currentIndex = 0

    init(elements: [Value], codingPath: [any CodingKey], classes: ClassTable?) {
        self.elements = elements
        self.codingPath = codingPath
        self.classes = classes
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try peek().decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let decoded = try peek().decode(type)
        currentIndex += 1
        return decoded
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let container = try peek().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try peek().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try peek()
        currentIndex += 1
        return decoder
    }

    private func peek() throws -> NodeDecoder {
        let path = codingPath + [IndexKey(currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Value.self, .init(codingPath: path, debugDescription: "the list ends before"))
        }
        return NodeDecoder(value: elements[currentIndex], codingPath: path, classes: classes)
    }
}
