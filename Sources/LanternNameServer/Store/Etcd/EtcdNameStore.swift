import Foundation
import Lantern
import LanternEtcd
import Logging
import Synchronization

/// Names on an etcd cluster: any number of name servers side by side, none of which keeps anything of its own.
///
/// Each name server follows a watch of all keys and answers from memory. What it answers is never older than
/// ``Settings/staleness``: when it cannot prove that with a linearizable read, it refuses. Changes are transactions that
/// compare the revisions of all they read; a change that was decided on old entries is decided again. Leases are etcd's,
/// so they end although no name server is left, and never by etcd's own locks or users.
public final class EtcdNameStore: LeaseKeepingStore {
    /// What an operator may choose.
    public struct Settings: Sendable {
        /// All keys begin with it.
        public var prefix = "/lantern/names/"
        /// Names that are kept at most. Two name servers at once may go above it by what they have under way.
        public var capacity = 1_000_000
        /// Events that are kept for watchers, and revisions that are read back at the start.
        public var history = 10_000
        /// How old an answer may be at most.
        public var staleness: Duration = .seconds(2)
        /// How long a change waits until this name server has seen it itself.
        public var patience: Duration = .seconds(10)
        /// etcd's leases are at least so long; etcd itself has about one and a half election timeouts as its least.
        public var shortestLease: Duration = .seconds(2)

        public init() {}
    }

    struct State {
        var mirror: EtcdMirror
        /// The next revision of etcd to watch from.
        var next: Int64
        /// All that was acknowledged before this moment is in the mirror.
        var confirmed: ContinuousClock.Instant
        /// Why nothing works any more.
        var failure: String?
        var waiting: [UInt64: (revision: Int64, continuation: CheckedContinuation<Bool, Never>)] = [:]
        var nextWaiter: UInt64 = 0
        var isClosed = false
    }

    public let history: ChangeHistory
    let settings: Settings
    let keys: EtcdKeys
    let client: EtcdClient
    let sender: EtcdSender
    let logger: Logger
    let state: Mutex<State>
    /// When the prefix was made: names that somebody removed and made again are others.
    let created: Int64
    private let following: Mutex<Task<Void, Never>?>

    init(
        settings: Settings, client: EtcdClient, start: EtcdStart, logger: Logger
    ) {
        self.settings = settings
        self.client = client
        self.logger = logger
        keys = start.mirror.keys
        created = start.created
        sender = EtcdSender(client: client, keys: keys)
        history = ChangeHistory(
            limit: settings.history, incarnation: start.incarnation, current: start.mirror.revision,
            compacted: start.mirror.revision)
        state = Mutex(
            State(mirror: start.mirror, next: start.base + 1, confirmed: .now - settings.staleness * 2))
        following = Mutex(nil)
    }

    /// Begins to follow the watch; once.
    func follow() {
        let task = Task { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepWatching() }
                group.addTask { await self.keepConfirming() }
            }
        }
        following.withLock { $0 = task }
    }

    public func close() async {
        let task = following.withLock { $0.take() }
        task?.cancel()
        await task?.value
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values.map(\.continuation)
        }
        for waiter in waiting { waiter.resume(returning: false) }
        await sender.close()
        await client.close()
    }

    // MARK: - Reading

    public func lookup(_ name: String) async throws -> NameEntry? {
        try await fresh()
        return state.withLock { $0.mirror.table[name] }
    }

    public func count() async throws -> Int {
        try await fresh()
        return state.withLock { $0.mirror.table.entries.count }
    }

    public func snapshot(_ filter: NameFilter, limits: ResultLimits) async throws -> NameSnapshot {
        try await fresh()
        // A copy that shares its storage: a long search holds nobody up.
        let mirror = state.withLock { $0.mirror }
        return NameSnapshot(entries: try mirror.table.list(filter, limits: limits), revision: mirror.revision)
    }

    public func leases() async throws -> [NameLease] {
        try await fresh()
        return state.withLock { $0.mirror.leases.values.map(\.lease) }.sorted { $0.epoch < $1.epoch }
    }

    public func names(heldBy epoch: Int64) async throws -> [String] {
        try await fresh()
        return state.withLock { $0.mirror.table.names(heldBy: epoch) }
    }

    // MARK: - Writing

    @discardableResult
    public func update(
        _ names: [String], holding epoch: Int64?,
        _ change: @escaping @Sendable ([NameEntry?]) throws -> [NameChange]
    ) async throws -> NameCommit {
        var isFresh = false
        for _ in 0..<1_000 {
            let view = state.withLock { View($0.mirror, names, epoch) }
            let events: [NameEvent]
            do {
                if let epoch, view.lease == nil { throw NamingError.leaseLost(epoch) }
                events = try zip(zip(names, view.before), change(view.before)).compactMap { pair, change in
                    StoreSteps.event(pair.0, pair.1, change)
                }
                try checkCapacity(events, view.count)
            } catch  where !isFresh {
                // It may be right no more: refusals are decided on what etcd holds now.
                try await confirm()
                isFresh = true
                continue
            }
            if events.isEmpty {
                guard isFresh else {
                    try await confirm()
                    isFresh = true
                    continue
                }
                return NameCommit(before: view.before, revision: view.revision)
            }
            switch try await sender.send(try comparisons(view, events, epoch), try operations(events)) {
            case .made(let revision):
                return NameCommit(before: view.before, revision: try await seen(revision))
            case .conflict:
                try await confirm()
                isFresh = true
            }
        }
        throw NamingError.storeFailed("others change these names all the time")
    }

    /// What a change is decided on.
    private struct View {
        let before: [NameEntry?]
        let revisions: [ExactText: Int64]
        let lease: EtcdMirror.Held?
        let count: Int
        let revision: Int64

        init(_ mirror: EtcdMirror, _ names: [String], _ epoch: Int64?) {
            before = names.map { mirror.table[$0] }
            revisions = Dictionary(
                names.map { (ExactText($0), mirror.revision(of: $0)) }, uniquingKeysWith: { $1 })
            lease = epoch.flatMap { mirror.leases[$0] }
            count = mirror.table.entries.count
            revision = mirror.revision
        }
    }

    private func checkCapacity(_ events: [NameEvent], _ count: Int) throws {
        let growth = events.reduce(0) { $0 + ($1.after == nil ? 0 : 1) - ($1.before == nil ? 0 : 1) }
        guard growth <= 0 || count + growth <= settings.capacity else {
            throw NamingError.storeFull(limit: settings.capacity)
        }
    }

    /// All names that were read are compared, also those that stay: the decision rested on them.
    private func comparisons(
        _ view: View, _ events: [NameEvent], _ epoch: Int64?
    ) throws -> [EtcdComparison] {
        var comparisons = view.revisions.map { name, revision in
            EtcdComparison(keys.name(name.text), .modRevision, .equal, revision)
        }
        if let epoch, let lease = view.lease {
            comparisons.append(.init(keys.lease(epoch), .createRevision, .equal, lease.createRevision))
        }
        return comparisons
    }

    func operations(_ events: [NameEvent]) throws -> [EtcdOperation] {
        try events.map { event in
            guard let after = event.after else { return .delete(key: keys.name(event.name)) }
            return .put(key: keys.name(event.name), value: try Self.bytes(after))
        }
    }

    private static func bytes(_ entry: NameEntry) throws -> [UInt8] {
        do { return Array(try EntryForm.data(entry) ?? Data()) } catch {
            throw NamingError.storeFailed("an entry cannot be written: \(error)")
        }
    }

    public func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @escaping @Sendable (NameEntry) -> Bool
    ) async throws -> (removed: Int, kept: Int) {
        try await confirm()
        let entries = try await list(filter, limits: limits)
        let doomed = entries.filter(mayRemove)
        var removed = 0
        for start in stride(from: 0, to: doomed.count, by: StoreSteps.removals) {
            let part = Array(doomed[start..<min(start + StoreSteps.removals, doomed.count)])
            // Only what was looked at: it may have been registered anew meanwhile.
            let commit = try await update(part.map(\.name), holding: nil) { existing in
                zip(part, existing).map { $0 == $1 ? .remove : .keep }
            }
            removed += zip(part, commit.before).count { $0 == $1 }
        }
        return (removed, entries.count - doomed.count)
    }
}
