import Foundation
import LanternEtcd

/// What etcd holds, as far as the watch has told: a value without a clock, a connection or a lock.
struct EtcdMirror: Sendable {
    /// A lease with what its key says.
    struct Held: Sendable {
        let lease: NameLease
        /// etcd's number of it.
        let id: Int64
        let createRevision: Int64
    }

    let keys: EtcdKeys
    private(set) var table = NameTable()
    private(set) var leases: [Int64: Held] = [:]
    private(set) var leasesByOwner: [ExactText: Int] = [:]
    /// Leases that etcd ended, until their instances are gone.
    private(set) var ended: [Int64: NameLease] = [:]
    /// etcd's revision of the latest change of each name, of `epoch` and of `step`.
    private(set) var revisions: [ExactText: Int64] = [:]
    private(set) var epochRevision: Int64 = 0
    private(set) var epoch: Int64 = 0
    private(set) var applied: Int64 = 0
    /// The revision of the store: the version of the step.
    private(set) var revision: Int64 = 0
    /// The latest steps: etcd's revision and ours.
    private var steps: [(etcd: Int64, own: Int64)] = []

    init(keys: EtcdKeys) { self.keys = keys }

    /// The store's revision of one of the latest thousand steps.
    func revision(of step: Int64) -> Int64? { steps.last { $0.etcd == step }?.own }

    func revision(of name: String) -> Int64 { revisions[ExactText(name)] ?? 0 }

    /// Takes a key as it is found at the start.
    mutating func load(_ pair: EtcdPair) { _ = take(pair, isDeletion: false) }

    /// Takes all changes of one revision of etcd.
    ///
    /// - Returns: what they mean to watchers; nil when there was no step.
    mutating func apply(_ events: [EtcdEvent]) -> NameChangeSet? {
        let before = revision
        var changes: [NameEvent] = []
        for event in events {
            if let change = take(event.pair, isDeletion: event.isDeletion) { changes.append(change) }
        }
        return revision > before ? NameChangeSet(revision: revision, events: changes) : nil
    }

    private mutating func take(_ pair: EtcdPair, isDeletion: Bool) -> NameEvent? {
        applied = max(applied, pair.modRevision)
        switch keys.kind(of: pair.key) {
        case .step where !isDeletion:
            revision = pair.version
            steps.append((pair.modRevision, pair.version))
            if steps.count > 2_000 { steps.removeFirst(1_000) }
        case .epoch where !isDeletion:
            epochRevision = pair.modRevision
            epoch = Int64(String(decoding: pair.value, as: UTF8.self)) ?? epoch
        case .name(let name): return take(name, pair, isDeletion)
        case .lease(let epoch): take(lease: epoch, pair, isDeletion)
        case .step, .epoch, .other: break
        }
        return nil
    }

    private mutating func take(_ name: String, _ pair: EtcdPair, _ isDeletion: Bool) -> NameEvent? {
        let before = table[name]
        // A damaged entry is none; its revision counts, so that it can be replaced.
        let after = isDeletion ? nil : (try? EntryForm.entry(Data(pair.value))) ?? nil
        revisions[ExactText(name)] = isDeletion ? nil : pair.modRevision
        let event = NameEvent(name: name, before: before, after: after)
        table.apply(event)
        for epoch in before?.epochs ?? [] where table.held[epoch] == nil { ended[epoch] = nil }
        return before == after ? nil : event
    }

    private mutating func take(lease epoch: Int64, _ pair: EtcdPair, _ isDeletion: Bool) {
        if let old = leases.removeValue(forKey: epoch) {
            let owner = ExactText(old.lease.owner)
            leasesByOwner[owner] = leasesByOwner[owner].flatMap { $0 > 1 ? $0 - 1 : nil }
            if isDeletion, table.held[epoch] != nil { ended[epoch] = old.lease }
        }
        guard !isDeletion, let lease = EtcdLeaseForm.lease(epoch, pair.value) else { return }
        leases[epoch] = Held(lease: lease, id: pair.lease, createRevision: pair.createRevision)
        leasesByOwner[ExactText(lease.owner), default: 0] += 1
    }

    /// Leases that are gone and still have instances, oldest first.
    var expired: [NameLease] {
        table.held.keys.filter { leases[$0] == nil }.sorted().map {
            ended[$0] ?? NameLease(epoch: $0, owner: "", duration: 0)
        }
    }
}
