import LanternEtcd
import LanternTrust
import Synchronization

/// Leases that etcd measures: they end while no name server runs, and are the same at each.
extension EtcdNameStore {
    public func grant(to owner: String, duration: Int64, limits: LeaseLimits) async throws -> NameLease {
        let shortest = Int64((settings.shortestLease / .seconds(1)).rounded(.up))
        let seconds = max(shortest, duration / 1_000 + (duration % 1_000 > 0 ? 1 : 0), 1)
        var isFresh = false
        var held: EtcdLease?
        do {
            for _ in 0..<1_000 {
                let (all, own, epoch, revision) = state.withLock { state in
                    (
                        state.mirror.leases.count, state.mirror.leasesByOwner[ExactText(owner)] ?? 0,
                        state.mirror.epoch, state.mirror.epochRevision
                    )
                }
                guard all < limits.all, own < limits.perOwner else {
                    if isFresh { throw NamingError.tooManyLeases(limits) }
                    try await confirm()
                    isFresh = true
                    continue
                }
                let lease: EtcdLease
                if let held { lease = held } else { lease = try await client.grantLease(seconds: seconds) }
                held = lease
                // The clock is in it so that epochs go on growing when etcd is restored from a backup.
                let next = max(epoch + 1, wallClockMilliseconds())
                let outcome = try await sender.send(
                    [.init(keys.epoch, .modRevision, .equal, revision)],
                    [
                        .put(key: keys.epoch, value: Array("\(next)".utf8)),
                        .put(
                            key: keys.lease(next),
                            value: EtcdLeaseForm.bytes(duration: duration, owner: owner), lease: lease.id),
                    ])
                switch outcome {
                case .made(let made):
                    held = nil
                    _ = try await seen(made)
                    return NameLease(epoch: next, owner: owner, duration: duration)
                case .conflict:
                    try await confirm()
                    isFresh = true
                }
            }
            throw NamingError.storeFailed("others ask for leases all the time")
        } catch {
            if let held { try? await client.revokeLease(held.id) }
            throw EtcdFailure.namingError(error)
        }
    }

    public func revoke(_ epoch: Int64) async throws -> [String]? {
        var isFresh = false
        for _ in 0..<1_000 {
            let mirror = state.withLock { $0.mirror }
            let lease = mirror.leases[epoch]
            let names = mirror.table.names(heldBy: epoch)
            guard lease != nil || !names.isEmpty else {
                if isFresh { return nil }
                try await confirm()
                isFresh = true
                continue
            }
            // More than a step may have: the lease goes first, and with it the right of them all.
            let part = names.prefix(StoreSteps.removals)
            let events = part.compactMap { name in
                mirror.table[name].map { entry in
                    NameEvent(name: name, before: entry, after: entry.keeping { $0.epoch != epoch })
                }
            }
            var comparisons = part.map {
                EtcdComparison(keys.name($0), .modRevision, .equal, mirror.revision(of: $0))
            }
            var operations = try operations(events)
            if let lease {
                comparisons.append(
                    .init(keys.lease(epoch), .createRevision, .equal, lease.createRevision))
                operations.append(.delete(key: keys.lease(epoch)))
            }
            switch try await sender.send(comparisons, operations) {
            case .conflict:
                try await confirm()
                isFresh = true
            case .made(let made):
                _ = try await seen(made)
                if let lease { try? await client.revokeLease(lease.id) }
                if part.count < names.count { _ = try await revoke(epoch) }
                return names
            }
        }
        throw NamingError.storeFailed("others change these names all the time")
    }

    var leaseKeeping: any LeaseKeeping { EtcdLeases(store: self) }
}

/// The leases of a store on etcd, as the registry asks for them.
private struct EtcdLeases: LeaseKeeping {
    let store: EtcdNameStore

    func begin(_ lease: NameLease) {}

    func end(_ epoch: Int64) {}

    func lease(_ epoch: Int64, of owner: String) async throws -> NameLease {
        try await held(epoch, owner).lease
    }

    /// etcd's answer to a heartbeat is a hint; that the key is still there is the proof.
    func renew(_ epoch: Int64, of owner: String) async throws -> NameLease {
        let held = try await held(epoch, owner)
        do {
            _ = try await store.client.keepLease(held.id)
            let pair = try await store.client.range(EtcdRange(key: store.keys.lease(epoch))).pairs.first
            guard let pair, pair.lease == held.id, pair.createRevision == held.createRevision else {
                throw NamingError.leaseLost(epoch)
            }
            return held.lease
        } catch let error as EtcdError where error.code == .leaseNotFound {
            throw NamingError.leaseLost(epoch)
        } catch {
            throw EtcdFailure.namingError(error)
        }
    }

    private func held(_ epoch: Int64, _ owner: String) async throws -> EtcdMirror.Held {
        try await store.fresh()
        if find(epoch) == nil { try await store.confirm() }
        guard let held = find(epoch), held.lease.owner.isExactly(owner) else {
            throw NamingError.leaseLost(epoch)
        }
        return held
    }

    private func find(_ epoch: Int64) -> EtcdMirror.Held? { store.state.withLock { $0.mirror.leases[epoch] } }

    func isLive(_ epoch: Int64) -> Bool { find(epoch) != nil }

    /// etcd alone knows how long ago the last heartbeat was: the whole duration.
    func remaining() -> [Int64: Int64] {
        store.state.withLock { $0.mirror.leases.mapValues(\.lease.duration) }
    }

    func expired() -> [NameLease] { store.state.withLock { $0.mirror.expired } }
}
