/// A store whose operations are timed; everything else is the other one's affair.
struct MeteredNameStore: NameStore {
    let base: any NameStore
    let meters: NameServerMeters

    var history: ChangeHistory { base.history }

    func lookup(_ name: String) async throws -> NameEntry? {
        try await meters.measure(.lookup) { try await base.lookup(name) }
    }

    func update(
        _ names: [String], holding epoch: Int64?,
        _ change: @escaping @Sendable ([NameEntry?]) throws -> [NameChange]
    ) async throws -> NameCommit {
        try await meters.measure(.update) { try await base.update(names, holding: epoch, change) }
    }

    func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @escaping @Sendable (NameEntry) -> Bool
    ) async throws -> (removed: Int, kept: Int) {
        try await meters.measure(.remove) {
            try await base.remove(filter, limits: limits, where: mayRemove)
        }
    }

    func snapshot(_ filter: NameFilter, limits: ResultLimits) async throws -> NameSnapshot {
        try await meters.measure(.list) { try await base.snapshot(filter, limits: limits) }
    }

    func count() async throws -> Int { try await meters.measure(.count) { try await base.count() } }

    func grant(to owner: String, duration: Int64, limits: LeaseLimits) async throws -> NameLease {
        try await meters.measure(.grant) {
            try await base.grant(to: owner, duration: duration, limits: limits)
        }
    }

    func revoke(_ epoch: Int64) async throws -> [String]? {
        try await meters.measure(.revoke) { try await base.revoke(epoch) }
    }

    func leases() async throws -> [NameLease] {
        try await meters.measure(.leases) { try await base.leases() }
    }

    func names(heldBy epoch: Int64) async throws -> [String] {
        try await meters.measure(.heldNames) { try await base.names(heldBy: epoch) }
    }

    func close() async { await base.close() }
}
