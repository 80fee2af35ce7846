/// Names in memory, forgotten at the end; ordered for prefixes, indexed by tag.
public actor MemoryNameStore: NameStore {
    public nonisolated let history: ChangeHistory
    private let capacity: Int
    private var entries: [ExactText: NameEntry] = [:]
    private var names = SortedNames()
    private var tagged: [ExactText: Set<ExactText>] = [:]
    private var held: [Int64: Set<ExactText>] = [:]
    private var leasesByEpoch: [Int64: NameLease] = [:]
    private var leasesByOwner: [ExactText: Int] = [:]
    private var revision: Int64 = 0

    /// - Parameters:
    ///   - capacity: how many names are kept at most.
    ///   - history: how many events are kept for watchers.
    public init(capacity: Int = 1_000_000, history: Int = 10_000) {
        self.capacity = capacity
        self.history = ChangeHistory(limit: history, incarnation: StoreIncarnation.random())
    }

    public func lookup(_ name: String) -> NameEntry? { entries[ExactText(name)] }

    public func count() -> Int { entries.count }

    public func close() {}

    @discardableResult
    public func update(
        _ names: [String], holding epoch: Int64?,
        _ change: @Sendable ([NameEntry?]) throws -> [NameChange]
    ) throws -> NameCommit {
        if let epoch, leasesByEpoch[epoch] == nil { throw NamingError.leaseLost(epoch) }
        let before = names.map { entries[ExactText($0)] }
        let changes = try change(before)
        var events: [NameEvent] = []
        var growth = 0
        for ((name, before), change) in zip(zip(names, before), changes) {
            guard let event = StoreSteps.event(name, before, change) else { continue }
            growth += (event.after == nil ? 0 : 1) - (event.before == nil ? 0 : 1)
            events.append(event)
        }
        guard growth <= 0 || entries.count + growth <= capacity else {
            throw NamingError.storeFull(limit: capacity)
        }
        commit(events)
        return NameCommit(before: before, revision: revision)
    }

    public func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @Sendable (NameEntry) -> Bool
    ) throws -> (removed: Int, kept: Int) {
        var doomed: [NameEvent] = []
        var kept = 0
        try forEach(filter, limits: limits) { _, entry in
            if mayRemove(entry) {
                doomed.append(NameEvent(name: entry.name, before: entry, after: nil))
            } else {
                kept += 1
            }
        }
        var rest = doomed[...]
        while !rest.isEmpty {
            commit(Array(rest.prefix(StoreSteps.removals)))
            rest = rest.dropFirst(StoreSteps.removals)
        }
        return (doomed.count, kept)
    }

    public func snapshot(_ filter: NameFilter, limits: ResultLimits) throws -> NameSnapshot {
        var found: [NameEntry] = []
        var bytes = 0
        try forEach(filter, limits: limits) { _, entry in
            bytes += entry.cost
            guard found.count < limits.entries, bytes <= limits.bytes else {
                throw NamingError.tooManyResults
            }
            found.append(entry)
        }
        return NameSnapshot(entries: found, revision: revision)
    }

    /// Makes the changes of one step and tells the watchers.
    private func commit(_ events: [NameEvent]) {
        guard !events.isEmpty else { return }
        revision &+= 1
        for event in events { apply(event) }
        history.append([NameChangeSet(revision: revision, events: events)], upTo: revision)
    }

    private func apply(_ event: NameEvent) {
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

    private func unindex(_ entry: NameEntry, _ key: ExactText) {
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

extension MemoryNameStore {
    public func grant(to owner: String, duration: Int64, limits: LeaseLimits) throws -> NameLease {
        let key = ExactText(owner)
        let own = leasesByOwner[key] ?? 0
        guard leasesByEpoch.count < limits.all, own < limits.perOwner else {
            throw NamingError.tooManyLeases(limits)
        }
        revision &+= 1
        let lease = NameLease(epoch: revision, owner: owner, duration: duration)
        leasesByEpoch[lease.epoch] = lease
        leasesByOwner[key] = own + 1
        history.append([], upTo: revision)
        return lease
    }

    public func revoke(_ epoch: Int64) -> [String]? {
        guard let lease = leasesByEpoch.removeValue(forKey: epoch) else { return nil }
        let owner = ExactText(lease.owner)
        leasesByOwner[owner] = leasesByOwner[owner].flatMap { $0 > 1 ? $0 - 1 : nil }
        let keys = (held[epoch] ?? []).sorted()
        commit(
            keys.compactMap { key in
                entries[key].map { entry in
                    NameEvent(
                        name: entry.name, before: entry, after: entry.keeping { $0.epoch != epoch })
                }
            })
        return keys.map(\.text)
    }

    public func leases() -> [NameLease] { leasesByEpoch.values.sorted { $0.epoch < $1.epoch } }

    public func names(heldBy epoch: Int64) -> [String] { (held[epoch] ?? []).sorted().map(\.text) }
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
