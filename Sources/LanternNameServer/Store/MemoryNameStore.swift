/// Names in memory, forgotten at the end; ordered for prefixes, indexed by tag.
public actor MemoryNameStore: NameStore {
    private let capacity: Int
    private var entries: [ExactText: NameEntry] = [:]
    private var names = SortedNames()
    private var tagged: [ExactText: Set<ExactText>] = [:]

    /// - Parameter capacity: how many names are kept at most.
    public init(capacity: Int = 1_000_000) { self.capacity = capacity }

    public func lookup(_ name: String) -> NameEntry? { entries[ExactText(name)] }

    public func count() -> Int { entries.count }

    @discardableResult
    public func update(
        _ name: String, _ change: @Sendable (NameEntry?) throws -> NameChange
    ) throws -> NameEntry? {
        let key = ExactText(name)
        let before = entries[key]
        switch try change(before) {
        case .keep: break
        case .remove: remove(key)
        case .put(let entry):
            guard before != nil || entries.count < capacity else {
                throw NamingError.storeFull(limit: capacity)
            }
            put(entry, at: key)
        }
        return before
    }

    public func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @Sendable (NameEntry) -> Bool
    ) throws -> (removed: Int, kept: Int) {
        var doomed: [ExactText] = []
        var kept = 0
        try forEach(filter, limits: limits) { key, entry in
            if mayRemove(entry) { doomed.append(key) } else { kept += 1 }
        }
        for key in doomed { remove(key) }
        return (doomed.count, kept)
    }

    public func list(_ filter: NameFilter, limits: ResultLimits) throws -> [NameEntry] {
        var found: [NameEntry] = []
        var bytes = 0
        try forEach(filter, limits: limits) { _, entry in
            bytes += entry.cost
            guard found.count < limits.entries, bytes <= limits.bytes else {
                throw NamingError.tooManyResults
            }
            found.append(entry)
        }
        return found
    }

    private func put(_ entry: NameEntry, at key: ExactText) {
        untag(key)
        if entries.updateValue(entry, forKey: key) == nil { names.insert(key) }
        for tag in entry.metadata { tagged[ExactText(tag), default: []].insert(key) }
    }

    private func remove(_ key: ExactText) {
        untag(key)
        if entries.removeValue(forKey: key) != nil { names.remove(key) }
    }

    private func untag(_ key: ExactText) {
        for tag in entries[key]?.metadata ?? [] {
            let tag = ExactText(tag)
            tagged[tag]?.remove(key)
            if tagged[tag]?.isEmpty == true { tagged[tag] = nil }
        }
    }
}

extension MemoryNameStore {
    /// Hands over what passes the filter, sorted by name.
    private func forEach(
        _ filter: NameFilter, limits: ResultLimits, _ body: (ExactText, NameEntry) throws -> Void
    ) throws {
        switch filter {
        case .everything: try forEach(withPrefix: "", body)
        case .prefix(let prefix): try forEach(withPrefix: prefix, body)
        case .regex(let regex):
            var steps = 0
            try forEach(withPrefix: regex.literalPrefix) { key, entry in
                guard let isMatch = regex.matches(key.text, steps: &steps, limit: limits.regexSteps) else {
                    throw NamingError.tooMuchWork
                }
                if isMatch { try body(key, entry) }
            }
        case .metadataAll(let tags): try forEach(keysWithAll(tags), body)
        case .metadataAny(let tags):
            try forEach(tags.reduce(into: Set()) { $0.formUnion(tagged[ExactText($1)] ?? []) }, body)
        }
    }

    private func forEach(withPrefix prefix: String, _ body: (ExactText, NameEntry) throws -> Void) rethrows {
        try names.forEach(withPrefix: ExactText(prefix)) { key in
            if let entry = entries[key] { try body(key, entry) }
            return true
        }
    }

    private func forEach(_ keys: Set<ExactText>, _ body: (ExactText, NameEntry) throws -> Void) rethrows {
        for key in keys.sorted() {
            if let entry = entries[key] { try body(key, entry) }
        }
    }

    /// Starts from the rarest tag; no tags at all are had by every name.
    private func keysWithAll(_ tags: Set<String>) -> Set<ExactText> {
        let sets = tags.map { tagged[ExactText($0)] ?? [] }.sorted { $0.count < $1.count }
        guard let rarest = sets.first else { return Set(entries.keys) }
        return sets.dropFirst().reduce(rarest) { $0.intersection($1) }
    }
}
