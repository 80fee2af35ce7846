public import Lantern

/// Several instances under one name, registered in transactions.
extension NameRegistry {
    /// Registers instances: all of them or, when one is refused, none.
    ///
    /// - Parameters:
    ///   - epoch: the lease that they live by; none lets them stay until they are removed.
    ///   - takingOver: instances of other leases under these names go in the same step.
    /// - Returns: the revision of the step.
    /// - Throws: ``NamingError/Code/leaseLost``, ``NamingError/Code/exclusive``, and what ``register(_:uri:safe:metadata:by:)``
    ///   throws.
    public func register(
        _ registrations: [NameRegistration], epoch: Int64?, takingOver: Bool = false, by actor: NameActor
    ) async throws -> Int64 {
        let rule = rule(for: actor)
        let names = registrations.map(\.name)
        try checkTransaction(names)
        for registration in registrations { try check(registration, rule, actor) }
        if let epoch {
            _ = try await leases.lease(epoch, of: actor.identity)
            let held = try await store.names(heldBy: epoch).count
            guard held + names.count <= settings.limits.leasedNames else {
                throw NamingError.invalidLease("a lease holds at most \(settings.limits.leasedNames) names")
            }
        }
        let (registry, owner) = (self, ownerToKeep(actor))
        return try await store.update(names, holding: epoch) { existing in
            try zip(registrations, existing).map { registration, existing in
                try rule.checkReserved(registration.name)
                if let existing { try rule.check(existing) }
                let entry = try registry.entry(
                    registration, joining: existing.flatMap(registry.live), epoch: epoch,
                    takingOver: takingOver, owner: existing?.owner ?? owner)
                return .put(entry)
            }
        }.revision
    }

    private func check(_ registration: NameRegistration, _ rule: OwnerRule, _ actor: NameActor) throws {
        try check(name: registration.name, metadata: Set(registration.tags))
        try check(uri: registration.uri, from: actor)
        try rule.checkName(registration.name, for: "register")
        guard (0...settings.limits.weight).contains(registration.weight) else {
            throw NamingError.invalidLease("a weight is 0 to \(settings.limits.weight)")
        }
    }

    private func checkTransaction(_ names: [String]) throws {
        let limit = settings.limits.transaction
        guard (1...limit).contains(names.count), Set(names.map(ExactText.init)).count == names.count else {
            throw NamingError.tooManyNames(limit: limit)
        }
    }

    /// The entry after a registration; a plain one gives way to instances.
    private func entry(
        _ registration: NameRegistration, joining existing: NameEntry?, epoch: Int64?, takingOver: Bool,
        owner: String?
    ) throws -> NameEntry {
        let name = registration.name
        if registration.isNew, existing != nil { throw NamingError.alreadyRegistered(name) }
        var instances = existing?.instances ?? []
        if takingOver { instances.removeAll { $0.epoch != epoch } }
        let isExclusive = registration.isExclusive || (existing?.isExclusive ?? false && !takingOver)
        if isExclusive, instances.contains(where: { $0.epoch != epoch }) {
            throw NamingError.exclusive(name)
        }
        instances.removeAll { $0.epoch == epoch && $0.uri.isExactly(registration.uri) }
        guard instances.count < settings.limits.instances else {
            throw NamingError.invalidLease("a name has at most \(settings.limits.instances) instances")
        }
        instances.append(
            NameInstance(
                uri: registration.uri, weight: registration.weight, metadata: Set(registration.tags),
                epoch: epoch))
        guard
            let entry = NameEntry(
                name: name, instances: instances, owner: owner, isExclusive: isExclusive)
        else { throw NamingError.unknownName(name) }
        return entry
    }

    /// Removes names, all or none: whole ones, or with a lease what it holds of them.
    ///
    /// - Returns: how many of them were there.
    public func remove(_ names: [String], epoch: Int64?, by actor: NameActor) async throws -> Int {
        try checkTransaction(names)
        let rule = rule(for: actor)
        for name in names { try rule.checkName(name, for: "remove") }
        if let epoch { _ = try await leases.lease(epoch, of: actor.identity) }
        let commit = try await store.update(names, holding: epoch) { existing in
            try zip(names, existing).map { name, existing in
                guard let existing else { return .keep }
                try rule.checkReserved(name)
                try rule.check(existing)
                guard let epoch else { return .remove }
                guard existing.epochs.contains(epoch) else { return .keep }
                return existing.keeping { $0.epoch != epoch }.map { .put($0) } ?? .remove
            }
        }
        return commit.before.count { entry in
            guard let entry else { return false }
            return epoch.map(entry.epochs.contains) ?? true
        }
    }

    /// How many names each owner has; most first.
    public func owners(prefix: String, by actor: NameActor) async throws -> [(owner: String?, names: Int)] {
        let entries = visible(
            try await store.list(.prefix(prefix), limits: settings.results), to: actor)
        let counts = entries.reduce(into: [String?: Int]()) { $0[$1.owner, default: 0] += 1 }
        return counts.map { ($0.key, $0.value) }.sorted {
            ($1.names, $0.owner ?? "") < ($0.names, $1.owner ?? "")
        }
    }
}
