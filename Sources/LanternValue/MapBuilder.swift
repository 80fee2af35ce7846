/// A map that grows entry by entry; of several values under one key the last one stays, at the first one's place.
struct MapBuilder {
    /// Up to here a linear search beats a table, should the filter not rule out that the key came before.
    private static let fewKeys = 16

    private(set) var pairs: [ValuePair] = []
    /// One bit for each text key so far; a key whose bit is not set is new.
    private var filter: UInt64 = 0
    /// From the first key on that is no text, or when there are many.
    private var keys: PythonKeys?

    init(reserving capacity: Int = 0) {
        if capacity > 0 { pairs.reserveCapacity(capacity) }
    }

    mutating func insert(_ key: Value, _ value: Value) {
        guard keys == nil, pairs.count < Self.fewKeys, case .text(let text) = key else {
            return insertAny(key, value)
        }
        let bit = Self.bit(of: text)
        if filter & bit != 0, let place = pairs.firstIndex(where: { $0.key == key }) {
            pairs[place].value = value
        } else {
            filter |= bit
            if pairs.isEmpty { pairs.reserveCapacity(8) }
            pairs.append(ValuePair(key, value))
        }
    }

    private mutating func insertAny(_ key: Value, _ value: Value) {
        var known = keys ?? PythonKeys()
        if keys == nil { for pair in pairs { _ = known.place(of: pair.key) } }
        keys = nil  // so that the tables are not copied
        if let place = known.place(of: key) {
            pairs[place].value = value
        } else {
            pairs.append(ValuePair(key, value))
        }
        keys = known
    }

    /// One of 64 bits, the same one for the same text.
    @inline(__always)
    private static func bit(of text: String) -> UInt64 {
        let mix = text.withBytes { utf8 in
            guard let first = utf8.first, let last = utf8.last else { return UInt64(0) }
            return UInt64(truncatingIfNeeded: utf8.count) &* 31 &+ UInt64(first) &* 7 &+ UInt64(last)
        }
        return 1 << (mix & 63)
    }
}

/// A set that grows member by member; of equal members the first one stays.
struct SetBuilder {
    private(set) var members: [Value] = []
    private var keys = PythonKeys()

    mutating func insert(_ member: Value) {
        if keys.place(of: member) == nil { members.append(member) }
    }
}

extension Value {
    /// Whether Python lets this be a map key or a set member.
    var isHashable: Bool {
        switch self {
        case .list, .set, .map: false
        case .tuple(let members): members.allSatisfy(\.isHashable)
        default: true
        }
    }
}
