/// Names in memory: ordered for prefixes, indexed by tag and by lease.
struct NameTable: Sendable {
    private(set) var entries: [ExactText: NameEntry] = [:]
    private(set) var held: [Int64: Set<ExactText>] = [:]
    private var names = SortedNames()
    private var tagged: [ExactText: Set<ExactText>] = [:]

    subscript(name: String) -> NameEntry? { entries[ExactText(name)] }

    /// The names that a lease has instances under, sorted.
    func names(heldBy epoch: Int64) -> [String] { (held[epoch] ?? []).sorted().map(\.text) }

    /// The entries that pass the filter, sorted by name.
    ///
    /// - Throws: ``NamingError/Code/tooManyResults``, ``NamingError/Code/tooMuchWork``.
    func list(_ filter: NameFilter, limits: ResultLimits) throws -> [NameEntry] {
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

    mutating func apply(_ event: NameEvent) {
        let key = ExactText(event.name)
        if let before = event.before { unindex(before, key) }
        guard let entry = event.after else {
            if entries.removeValue(forKey: key) != nil { names.remove(key) }
            return
        }
        if entries.updateValue(entry, forKey: key) == nil { names.insert(key) }
        for tag in entry.metadata { tagged[ExactText(tag), default: []].insert(key) }
        for epoch in entry.epochs { held[epoch, default: []].insert(key) }
    }

    private mutating func unindex(_ entry: NameEntry, _ key: ExactText) {
        for tag in entry.metadata {
            let tag = ExactText(tag)
            tagged[tag]?.remove(key)
            if tagged[tag]?.isEmpty == true { tagged[tag] = nil }
        }
        for epoch in entry.epochs {
            held[epoch]?.remove(key)
            if held[epoch]?.isEmpty == true { held[epoch] = nil }
        }
    }
}

extension NameTable {
    /// Hands over what passes the filter, sorted by name.
    func forEach(
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
