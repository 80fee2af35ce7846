/// Looking into a value whose shape is expected but not known.
extension Value {
    /// An integer as the smallest case that holds it.
    public init(_ integer: BigInteger) {
        if let small = integer.int64 { self = .int(small) } else { self = .bigInt(integer) }
    }

    public init(_ integer: UInt64) {
        self = Int64(exactly: integer).map(Value.int) ?? .bigInt(BigInteger(integer))
    }

    public var isNone: Bool {
        if case .none = self { true } else { false }
    }

    public var textValue: String? {
        if case .text(let text) = self { text } else { nil }
    }

    public var boolValue: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    public var intValue: Int? {
        if case .int(let integer) = self { Int(exactly: integer) } else { nil }
    }

    /// A float, or an integer as a float.
    public var doubleValue: Double? {
        switch self {
        case .float(let float): float
        case .int(let integer): Double(integer)
        default: nil
        }
    }

    /// Bytes, also in the form `{'data': base64, 'encoding': 'base64'}` that serpent gives them.
    public var bytesValue: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .map(let pairs) where pairs.count == 2:
            self["encoding"]?.textValue == "base64"
                ? self["data"]?.textValue.flatMap { Base64.decode($0.utf8) } : nil
        default: nil
        }
    }

    /// The members of a list, tuple or set of any kind.
    public var elements: [Value]? {
        switch self {
        case .list(let members), .tuple(let members), .set(let members), .frozenSet(let members): members
        default: nil
        }
    }

    public var pairs: [ValuePair]? {
        if case .map(let pairs) = self { pairs } else { nil }
    }

    /// The entry of a map under a text key.
    public subscript(key: String) -> Value? {
        guard case .map(let pairs) = self else { return nil }
        // Byte by byte: Swift's == would also accept a key that is only canonically equivalent.
        return pairs.first { $0.key.textValue?.utf8.elementsEqual(key.utf8) == true }?.value
    }

    /// What a value is called in an error.
    package var kind: ValueKind {
        switch self {
        case .none: .none
        case .bool: .bool
        case .int, .bigInt: .int
        case .float: .float
        case .complex: .complex
        case .text, .surrogateText: .text
        case .bytes: .bytes
        case .list: .list
        case .tuple: .tuple
        case .set: .set
        case .frozenSet: .frozenSet
        case .map: .map
        case .dateTime: .dateTime
        case .date: .date
        case .extended: .extended
        case .ellipsis: .ellipsis
        }
    }
}
