import LanternValue

extension Value {
    /// The value with everything removed that a receiver may not rely on: the order of sets, and inside class
    /// dicts the kind of sequence and the order of entries.
    var comparable: Value { comparable(inClassDict: false) }

    private func comparable(inClassDict: Bool) -> Value {
        switch self {
        case .list(let members): return .list(members.map { $0.comparable(inClassDict: inClassDict) })
        case .tuple(let members):
            let members = members.map { $0.comparable(inClassDict: inClassDict) }
            return inClassDict ? .list(members) : .tuple(members)
        case .set(let members):
            let sorted = members.map(\.comparable).sorted { "\($0)" < "\($1)" }
            return inClassDict ? .list(sorted) : .set(sorted)
        case .frozenSet(let members):
            return .frozenSet(members.map(\.comparable).sorted { "\($0)" < "\($1)" })
        case .map(let pairs):
            let isClassDict = inClassDict || self["__class__"] != nil
            let pairs = pairs.map {
                ValuePair(
                    $0.key.comparable(inClassDict: isClassDict), $0.value.comparable(inClassDict: isClassDict)
                )
            }
            return .map(isClassDict ? pairs.sorted { "\($0.key)" < "\($1.key)" } : pairs)
        default: return self
        }
    }
}
