/// Names in memory, forgotten at the end; ordered for prefixes, indexed by tag.
public actor MemoryNameStore: NameStore {
    public nonisolated let history: ChangeHistory
    private let capacity: Int
    private var table = NameTable()
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

    public func lookup(_ name: String) -> NameEntry? { table[name] }

    public func count() -> Int { table.entries.count }

    public func close() {}

    @discardableResult
    public func update(
        _ names: [String], holding epoch: Int64?,
        _ change: @Sendable ([NameEntry?]) throws -> [NameChange]
    ) throws -> NameCommit {
        if let epoch, leasesByEpoch[epoch] == nil { throw NamingError.leaseLost(epoch) }
        let before = names.map { table[$0] }
        let changes = try change(before)
        var events: [NameEvent] = []
        var growth = 0
        for ((name, before), change) in zip(zip(names, before), changes) {
            guard let event = StoreSteps.event(name, before, change) else { continue }
            growth += (event.after == nil ? 0 : 1) - (event.before == nil ? 0 : 1)
            events.append(event)
        }
        guard growth <= 0 || table.entries.count + growth <= capacity else {
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
        try table.forEach(filter, limits: limits) { _, entry in
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
        NameSnapshot(entries: try table.list(filter, limits: limits), revision: revision)
    }

    /// Makes the changes of one step and tells the watchers.
    private func commit(_ events: [NameEvent]) {
        guard !events.isEmpty else { return }
        revision &+= 1
        for event in events { table.apply(event) }
        history.append([NameChangeSet(revision: revision, events: events)], upTo: revision)
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
        let names = table.names(heldBy: epoch)
        commit(
            names.compactMap { name in
                table[name].map { entry in
                    NameEvent(
                        name: entry.name, before: entry, after: entry.keeping { $0.epoch != epoch })
                }
            })
        return names
    }

    public func leases() -> [NameLease] { leasesByEpoch.values.sorted { $0.epoch < $1.epoch } }

    public func names(heldBy epoch: Int64) -> [String] { table.names(heldBy: epoch) }
}
