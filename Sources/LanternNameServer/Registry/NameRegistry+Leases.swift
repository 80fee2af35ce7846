/// Leases: who serves has to show from time to time that it is still there.
extension NameRegistry {
    /// Gives the leases that a store brought along their whole duration; once, before anything else.
    public func recoverLeases() async throws {
        for lease in try await store.leases() { leases.begin(lease) }
    }

    /// - Throws: ``NamingError/Code/invalidLease`` for a duration outside of the limits,
    ///   ``NamingError/Code/tooManyLeases``.
    public func grant(milliseconds: Int64, by actor: NameActor) async throws -> NameLease {
        let range = settings.leases.durations
        guard range.contains(milliseconds) else {
            throw NamingError.invalidLease(
                "a lease lasts \(range.lowerBound) to \(range.upperBound) milliseconds, not \(milliseconds)")
        }
        let lease = try await store.grant(
            to: actor.identity, duration: milliseconds, limits: settings.leases.limits)
        leases.begin(lease)
        return lease
    }

    /// Heartbeat.
    ///
    /// - Returns: what the lease still holds.
    /// - Throws: ``NamingError/Code/leaseLost`` when it has ended, or is of another.
    public func renew(_ epoch: Int64, by actor: NameActor) async throws -> (lease: NameLease, names: [String])
    {
        let lease = try await leases.renew(epoch, of: actor.identity)
        return (lease, try await store.names(heldBy: epoch))
    }

    /// Ends a lease; what it holds goes in the same step.
    public func release(_ epoch: Int64, by actor: NameActor) async throws -> [String] {
        _ = try await leases.lease(epoch, of: actor.identity)
        let names = try await store.revoke(epoch) ?? []
        leases.end(epoch)
        return names
    }

    /// Ends leases whose time is over.
    ///
    /// What they hold is not found any more even before this; here it goes from the store. When the store refuses, the
    /// next call tries again.
    ///
    /// - Returns: the leases with what they held.
    public func expireLeases() async throws -> [(lease: NameLease, names: [String])] {
        var ended: [(NameLease, [String])] = []
        for lease in leases.expired() {
            let names = try await store.revoke(lease.epoch) ?? []
            leases.end(lease.epoch)
            ended.append((lease, names))
        }
        return ended
    }

    /// All live leases with what they hold.
    public func allLeases() async throws -> [(lease: NameLease, remaining: Int64, names: [String])] {
        let remaining = leases.remaining()
        var found: [(NameLease, Int64, [String])] = []
        for lease in try await store.leases() {
            guard let left = remaining[lease.epoch] else { continue }
            guard found.count < settings.results.entries else { throw NamingError.tooManyResults }
            found.append((lease, left, try await store.names(heldBy: lease.epoch)))
        }
        return found
    }
}
