/// Python's idea of equal keys, for maps and sets that arrive with duplicates.
///
/// `1`, `1.0` and `True` are one key. A small container is searched from the front, a large one has an index, so
/// that many keys cost no more than linear time.
struct KeyTable {
    private static let indexFrom = 16
    private var keys: [Value] = []
    private var positions: [Value: Int] = [:]

    /// The position of an equal key among those seen before; otherwise remembers this one as the last.
    mutating func position(of key: Value) -> Int? {
        let key = Self.canonical(key)
        if keys.count < Self.indexFrom {
            if let found = keys.firstIndex(of: key) { return found }
        } else {
            if positions.isEmpty {
                for (position, known) in keys.enumerated() { positions[known] = position }
            }
            if let found = positions[key] { return found }
            positions[key] = keys.count
        }
        keys.append(key)
        return nil
    }

    /// One form for all values that Python finds equal.
    private static func canonical(_ key: Value) -> Value {
        switch key {
        case .bool(let bool): .int(bool ? 1 : 0)
        case .float(let float): canonical(float)
        case .complex(let real, let imaginary) where imaginary == 0: canonical(real)
        case .tuple(let members): .tuple(members.map(canonical))
        default: key
        }
    }

    private static func canonical(_ float: Double) -> Value {
        if let integer = Int64(exactly: float) { return .int(integer) }
        return .float(float)
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

/// A map that grows entry by entry; of several values under one key the last one stays, at the first one's place.
struct MapBuilder {
    private(set) var pairs: [ValuePair] = []
    private var table = KeyTable()

    mutating func insert(_ key: Value, _ value: Value) {
        if let position = table.position(of: key) {
            pairs[position].value = value
        } else {
            pairs.append(ValuePair(key, value))
        }
    }
}

/// A set that grows member by member; of equal members the first one stays.
struct SetBuilder {
    private(set) var members: [Value] = []
    private var table = KeyTable()

    mutating func insert(_ member: Value) {
        if table.position(of: member) == nil { members.append(member) }
    }
}
