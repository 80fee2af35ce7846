public import Lantern

/// One watch: reads on in the history, whole steps, and says what of them its search finds.
///
/// Every change after the position it began at comes exactly once, in order. When nothing of much is its own, it says
/// from time to time how far it is, so that it can be taken up from there.
actor NameWatch {
    /// Revisions without a change of its own until it says where it is.
    static let silence: Int64 = 1_000

    private let history: ChangeHistory
    private let match: NameMatch
    private let rights: @Sendable (String) -> Bool
    private let live: @Sendable (NameEntry) -> NameEntry?
    private var revision: Int64
    private var said: Int64
    private var hasBegun = false
    private var waiting: [NameUpdate] = []

    /// - Throws: ``NamingError/Code/compacted`` when the position is of another store, or too old.
    init(
        _ match: NameMatch, of history: ChangeHistory, after position: WatchPosition?,
        rights: @escaping @Sendable (String) -> Bool,
        live: @escaping @Sendable (NameEntry) -> NameEntry?
    ) throws {
        if let position, position.store != history.incarnation { throw NamingError.otherStore }
        self.history = history
        self.match = match
        self.rights = rights
        self.live = live
        revision = position?.revision ?? history.current
        said = revision
        _ = try history.changes(after: revision, events: 1)
    }

    /// The next update; waits until there is one.
    func next() async throws -> NameUpdate {
        guard hasBegun else {
            hasBegun = true
            return update(revision, [])
        }
        while true {
            if !waiting.isEmpty { return waiting.removeFirst() }
            for set in try history.changes(after: revision) {
                revision = set.revision
                let changes = set.events.compactMap(change)
                if !changes.isEmpty || revision &- said >= Self.silence {
                    said = revision
                    waiting.append(update(revision, changes))
                }
            }
            if waiting.isEmpty { try await history.wait(after: revision) }
        }
    }

    private func update(_ revision: Int64, _ changes: [ChangedName]) -> NameUpdate {
        NameUpdate(
            position: WatchPosition(store: history.incarnation, revision: revision), changes: changes)
    }

    /// What the change means to the watcher; nil when it is not concerned.
    private func change(_ event: NameEvent) -> ChangedName? {
        guard rights(event.name) else { return nil }
        if let after = event.after, match.finds(after) {
            return ChangedName(name: event.name, details: live(after)?.details)
        }
        guard let before = event.before, match.finds(before) else { return nil }
        return ChangedName(name: event.name, details: nil)
    }
}

/// Whether a search finds one entry.
struct NameMatch: Sendable {
    private enum Kind {
        case everything, name(ExactText), prefix(ExactText), regex(LinearRegex), all(Set<ExactText>),
            any(Set<ExactText>)
    }

    private let kind: Kind

    /// - Throws: ``NamingError/Code/severalFilters``, ``NamingError/Code/invalidRegex``.
    init(_ search: NameSearch) throws {
        let given = [
            search.name != nil, search.prefix != nil, search.regex != nil, search.all != nil,
            search.any != nil,
        ]
        guard given.count(where: { $0 }) <= 1 else { throw NamingError.severalFilters }
        if let name = search.name {
            kind = .name(ExactText(name))
        } else if let prefix = search.prefix {
            kind = .prefix(ExactText(prefix))
        } else if let regex = search.regex {
            kind = .regex(try LinearRegex(regex))
        } else if let all = search.all {
            kind = .all(Set(all.map(ExactText.init)))
        } else if let any = search.any {
            kind = .any(Set(any.map(ExactText.init)))
        } else {
            kind = .everything
        }
    }

    func finds(_ entry: NameEntry) -> Bool {
        switch kind {
        case .everything: true
        case .name(let name): name == ExactText(entry.name)
        case .prefix(let prefix): ExactText(entry.name).hasPrefix(prefix)
        case .regex(let regex): regex.matches(entry.name)
        case .all(let tags): tags.isSubset(of: entry.metadata.map(ExactText.init))
        case .any(let tags): !tags.isDisjoint(with: entry.metadata.map(ExactText.init))
        }
    }

    /// What a store is asked; nil for a single name, which is looked up.
    var filter: NameFilter? {
        switch kind {
        case .everything: .everything
        case .name: nil
        case .prefix(let prefix): .prefix(prefix.text)
        case .regex(let regex): .regex(regex)
        case .all(let tags): .metadataAll(Set(tags.map(\.text)))
        case .any(let tags): .metadataAny(Set(tags.map(\.text)))
        }
    }
}

extension NameEntry {
    /// What travels to Lantern programs.
    var details: NameDetails {
        NameDetails(
            name: name, uri: uri, tags: sortedMetadata, owner: owner,
            instances: instances.map {
                InstanceDetails(
                    uri: $0.uri, weight: $0.weight,
                    tags: $0.metadata.sorted { ExactText($0) < ExactText($1) }, epoch: $0.epoch)
            }, isExclusive: isExclusive)
    }
}

extension NameRegistry {
    /// The live names that a search finds, and from where a watch goes on.
    public func find(_ search: NameSearch, by actor: NameActor) async throws -> NameListing {
        let snapshot: NameSnapshot
        if let filter = try NameMatch(search).filter {
            snapshot = try await store.snapshot(filter, limits: settings.results)
        } else {
            snapshot = try await entry(search.name ?? "")
        }
        return NameListing(
            names: visible(snapshot.entries, to: actor).map(\.details),
            position: WatchPosition(store: store.history.incarnation, revision: snapshot.revision))
    }

    /// One name, with a revision at which it was so.
    private func entry(_ name: String) async throws -> NameSnapshot {
        for _ in 0..<1_000 {
            let revision = store.history.current
            let entry = try await store.lookup(name)
            if store.history.current == revision {
                return NameSnapshot(entries: entry.map { [$0] } ?? [], revision: revision)
            }
        }
        throw NamingError.storeBusy
    }

    /// - Parameter position: where to go on; nil for from now on.
    func watch(
        _ search: NameSearch, after position: WatchPosition?, by actor: NameActor
    ) throws -> NameWatch {
        let registry = self
        return try NameWatch(
            NameMatch(search), of: store.history, after: position, rights: { actor.rights().allow($0) },
            live: { registry.live($0) })
    }
}
