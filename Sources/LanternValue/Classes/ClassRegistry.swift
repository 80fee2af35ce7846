/// The user types that travel under a Python class name: a closed list, decided by the program and never by a peer.
///
/// ```swift
/// settings.classes.register(Order.self, as: "shop.Order")
/// ```
///
/// A value of a registered type travels as Pyro's class dict, its members beside `__class__`; a Python peer that has
/// called `register_dict_to_class("shop.Order", …)` gets its own class, any other receiver gets the dict. What comes in
/// for a parameter or result of a registered type must bear the registered name, or no name at all. Nothing is ever
/// made from a name that is not registered.
public struct ClassRegistry: Sendable {
    /// What becomes of a class dict whose name is not registered.
    public enum UnknownClasses: Sendable, Hashable {
        /// It stays a map with a `__class__` entry: data, which constructs nothing.
        case stayData
        /// The call, or its answer, is refused. Each message is read twice then.
        case areRefused
    }

    public var unknown = UnknownClasses.stayData
    /// Nil when nothing is registered, so that coders need not look.
    package private(set) var table: ClassTable?

    public init() {}

    /// Registers a type whose members are the entries of the dict.
    ///
    /// - Parameter name: with its module, as Python writes it. Registering a type or a name again replaces the earlier
    ///   entry.
    public mutating func register<T: Codable & Sendable>(_ type: T.Type, as name: String) {
        add(
            ClassEntry(
                name: name, type: ObjectIdentifier(type), write: nil, read: nil,
                decode: { value, table in
                    try NodeDecoder(value: value, codingPath: [], classes: table).decode(type)
                }))
    }

    /// Registers a type with converters of its own.
    ///
    /// - Parameters:
    ///   - write: gives the entries of the dict; `__class__` is added.
    ///   - read: makes the object from a dict that bears the name, or throws. A peer wrote that dict: trust nothing in it.
    public mutating func register<T: Codable & Sendable>(
        _ type: T.Type, as name: String, write: @escaping @Sendable (T) throws -> [ValuePair],
        read: @escaping @Sendable (Value) throws -> T
    ) {
        add(
            ClassEntry(
                name: name, type: ObjectIdentifier(type),
                write: { object in try (object as? T).map(write) ?? [] }, read: read,
                decode: { value, _ in try read(value) }))
    }

    private mutating func add(_ entry: ClassEntry) {
        var entries = table?.entries ?? []
        entries.removeAll { $0.type == entry.type || ClassTable.isSame($0.name, entry.name) }
        table = ClassTable(entries + [entry])
    }

    // MARK: - For values without a Swift type

    /// The class dict of a value whose type is registered, or what any `Codable` value becomes.
    public func value<T: Encodable>(_ object: T) throws -> Value {
        try ValueEncoder(classes: table).encode(object)
    }

    /// The object that a class dict stands for; nil for everything that is no dict of a registered class.
    ///
    /// - Throws: what the decoder or the type's own converter throws.
    public func object(_ value: Value) throws -> (any Sendable)? {
        guard let name = value["__class__"]?.textValue, let entry = table?.entry(named: name) else {
            return nil
        }
        return try entry.decode(value, table)
    }
}

/// What is registered, by reference: coders hand it on to every nested value.
package final class ClassTable: Sendable {
    let entries: [ClassEntry]
    private let byType: [ObjectIdentifier: ClassEntry]

    init(_ entries: [ClassEntry]) {
        self.entries = entries
        byType = Dictionary(entries.map { ($0.type, $0) }, uniquingKeysWith: { _, last in last })
    }

    func entry(for type: Any.Type) -> ClassEntry? { byType[ObjectIdentifier(type)] }

    func entry(named name: String) -> ClassEntry? { entries.first { Self.isSame($0.name, name) } }

    /// Byte by byte, as Python compares names.
    static func isSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
}

struct ClassEntry: Sendable {
    let name: String
    let type: ObjectIdentifier
    /// Nil for a type that encodes itself.
    let write: (@Sendable (Any) throws -> [ValuePair])?
    let read: (@Sendable (Value) throws -> any Sendable)?
    let decode: @Sendable (Value, ClassTable?) throws -> any Sendable

    static let key = "__class__"

    /// The class dict of an object that has been encoded.
    ///
    /// - Returns: nil when the type encodes itself as something else than a map.
    func dict(from encoded: Value) -> Value? {
        guard let pairs = encoded.pairs else { return nil }
        return .map([ValuePair(.text(Self.key), .text(name))] + pairs.filter { $0.key.textValue != Self.key })
    }

    /// Whether a value may be read as this class: one that bears another class's name may not.
    func accepts(_ value: Value) -> Bool {
        guard let named = value[Self.key] else { return true }
        return named.textValue.map { ClassTable.isSame($0, name) } ?? false
    }
}
