/// A map that grows entry by entry; of several values under one key the last one stays, at the first one's place.
struct MapBuilder {
    private(set) var pairs: [ValuePair] = []
    private var keys = PythonKeys()

    mutating func insert(_ key: Value, _ value: Value) {
        if let place = keys.place(of: key) {
            pairs[place].value = value
        } else {
            pairs.append(ValuePair(key, value))
        }
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
