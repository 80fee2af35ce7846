public import Lantern

/// The rules of `Pyro.NameServer` over a store; no network, no policy, no audit.
///
/// Differences from Pyro, on purpose: the name server's own entry cannot be changed by a caller, a name belongs to
/// the identity that registered it (``NameRegistrySettings/ownership-swift.property``), everything is bounded, regexes
/// are ``LinearRegex``, and addresses that mean this host are refused from other hosts.
public struct NameRegistry: Sendable {
    /// The entry that nobody else may touch.
    public static let ownName = "Pyro.NameServer"
    /// Policy rules on this object say which names of others an identity may change.
    public static let ownersName = "Lantern.NameOwners"

    let store: any NameStore
    /// The same without what is measured around it.
    let ownStore: any NameStore
    let meters: NameServerMeters?
    let settings: NameRegistrySettings
    let leases: any LeaseKeeping
    private let isValidURI: @Sendable (String) -> Bool

    /// - Parameters:
    ///   - clock: what leases are measured by.
    ///   - isValidURI: decides whether a text may be registered; length is checked before.
    public init(
        store: any NameStore, settings: NameRegistrySettings = .init(), clock: NameClock = .system,
        isValidURI: @escaping @Sendable (String) -> Bool = Self.looksLikeURI
    ) {
        self.init(store: store, settings: settings, clock: clock, meters: nil, isValidURI: isValidURI)
    }

    init(
        store: any NameStore, settings: NameRegistrySettings, clock: NameClock, meters: NameServerMeters?,
        isValidURI: @escaping @Sendable (String) -> Bool
    ) {
        ownStore = store
        self.meters = meters
        self.store = meters.map { MeteredNameStore(base: store, meters: $0) } ?? store
        self.settings = settings
        self.isValidURI = isValidURI
        leases = (store as? any LeaseKeepingStore)?.leaseKeeping ?? LeaseBook(clock: clock)
    }

    /// The name server's own entry, made by itself before it serves.
    public func registerSelf(uri: String, metadata: Set<String>) async throws {
        let entry = NameEntry(name: Self.ownName, uri: uri, metadata: metadata)
        try await store.update(Self.ownName) { _ in .put(entry) }
    }

    public func register(
        _ name: String, uri: String, safe: Bool = false, metadata: Set<String> = [], by actor: NameActor
    ) async throws {
        let rule = rule(for: actor)
        try check(name: name, metadata: metadata)
        try check(uri: uri, from: actor)
        try rule.checkName(name, for: "register")
        let entry = NameEntry(name: name, uri: uri, metadata: metadata, owner: ownerToKeep(actor))
        try await store.update(name) { existing in
            if safe, existing != nil { throw NamingError.alreadyRegistered(name) }
            try rule.checkReserved(name)
            if let existing { try rule.check(existing) }
            return .put(entry)
        }
    }

    /// The entry without instances whose lease has ended.
    public func lookup(_ name: String, by actor: NameActor = .anyone) async throws -> NameEntry {
        guard actor.rights().allow(name), let entry = try await store.lookup(name).flatMap(live) else {
            throw NamingError.unknownName(name)
        }
        return entry
    }

    /// Replaces the tags; none clears them.
    public func setMetadata(
        _ name: String, _ metadata: Set<String>, by actor: NameActor
    ) async throws {
        try check(name: name, metadata: metadata)
        let rule = rule(for: actor)
        try rule.checkName(name, for: "change")
        try await store.update(name) { existing in
            guard let existing else { throw NamingError.unknownName(name) }
            try rule.checkReserved(name)
            try rule.check(existing)
            return .put(existing.tagged(metadata))
        }
    }

    public func count() async throws -> Int { try await store.count() }

    func check(name: String, metadata: Set<String>) throws {
        let limits = settings.limits
        guard name.utf8.count <= limits.name else {
            throw NamingError.tooLong("the name", limit: limits.name)
        }
        guard metadata.count <= limits.tags else { throw NamingError.tooManyTags(limit: limits.tags) }
        guard metadata.allSatisfy({ $0.utf8.count <= limits.tag }) else {
            throw NamingError.tooLong("a metadata tag", limit: limits.tag)
        }
    }

    func check(uri: String, from actor: NameActor) throws {
        guard uri.utf8.count <= settings.limits.uri else {
            throw NamingError.tooLong("the uri", limit: settings.limits.uri)
        }
        guard isValidURI(uri) else { throw NamingError.invalidURI }
        if !actor.isLocal, let place = Reachability.localPart(of: uri) {
            throw NamingError.unreachable(place)
        }
    }

    func ownerToKeep(_ actor: NameActor) -> String? {
        settings.ownership == .enforced ? actor.identity : nil
    }

    func rule(for actor: NameActor) -> OwnerRule {
        OwnerRule(
            owner: settings.ownership == .enforced ? actor.identity : nil, rights: actor.rights(),
            rightsOfOthers: actor.rightsOfOthers())
    }

    /// The entry with what still has a right to be there.
    func live(_ entry: NameEntry) -> NameEntry? {
        entry.keeping { $0.epoch.map(leases.isLive) ?? true }
    }

    /// Entries that the actor may see, as they are now.
    func visible(_ entries: [NameEntry], to actor: NameActor) -> [NameEntry] {
        let rights = actor.rights()
        guard !rights.isEverything else { return entries.compactMap(live) }
        return entries.compactMap { rights.allow($0.name) ? live($0) : nil }
    }

    /// The part of a URI that every one of Pyro's has: a scheme and something behind it.
    public static let looksLikeURI: @Sendable (String) -> Bool = { text in
        let schemes = ["PYRO:", "PYRONAME:", "PYROMETA:"]
        let hasControls = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return !hasControls
            && schemes.contains { text.utf8.starts(with: $0.utf8) && text.utf8.count > $0.utf8.count }
    }
}

extension NameRegistry {
    /// Removes by name, or else by prefix, or else by regex: the first that is given and not empty counts.
    ///
    /// Names of others are left out; when nothing else matched, that is an error.
    ///
    /// - Parameter generation: under Pyro4's rules an unknown name goes on to prefix and regex.
    /// - Returns: how many were removed.
    public func remove(
        name: String? = nil, prefix: String? = nil, regex: String? = nil,
        by actor: NameActor, as generation: PyroGeneration = .pyro5
    ) async throws -> Int {
        let rule = rule(for: actor)
        if let name, !name.isEmpty, !name.isExactly(Self.ownName) {
            let wasRemoved = try await remove(name, by: rule)
            if wasRemoved || generation == .pyro5 { return wasRemoved ? 1 : 0 }
        }
        if let prefix, !prefix.isEmpty { return try await remove(.prefix(prefix), by: rule) }
        if let regex, !regex.isEmpty {
            return try await remove(.regex(LinearRegex(regex)), by: rule)
        }
        return 0
    }

    private func remove(_ name: String, by rule: OwnerRule) async throws -> Bool {
        try rule.checkName(name, for: "remove")
        return try await store.update(name) { existing in
            guard let existing else { return .keep }
            try rule.check(existing)
            return .remove
        } != nil
    }

    private func remove(_ filter: NameFilter, by rule: OwnerRule) async throws -> Int {
        let (removed, kept) = try await store.remove(filter, limits: settings.results) { entry in
            !entry.name.isExactly(Self.ownName) && rule.allows(entry)
        }
        guard removed == 0, kept > 0 else { return removed }
        // What was kept may be the protected entry alone: Pyro answers 0 then.
        let others = try await store.list(filter, limits: settings.results)
            .contains { !$0.name.isExactly(Self.ownName) && rule.rights.allow($0.name) && !rule.allows($0) }
        if others { throw NamingError.allOwnedByOthers }
        return 0
    }
}

extension NameRegistry {
    /// The entries that pass, sorted by name. Under Pyro5's rules an empty filter is none; under Pyro4's it counts
    /// when it is asked whether there are several.
    public func list(
        prefix: String? = nil, regex: String? = nil,
        metadataAll: Set<String>? = nil, metadataAny: Set<String>? = nil, by actor: NameActor = .anyone,
        as generation: PyroGeneration = .pyro5
    ) async throws -> [NameEntry] {
        let isGiven =
            switch generation {
            case .pyro4: [prefix != nil, regex != nil, metadataAll != nil, metadataAny != nil]
            case .pyro5:
                [prefix?.isEmpty, regex?.isEmpty, metadataAll?.isEmpty, metadataAny?.isEmpty].map {
                    $0 == false
                }
            }
        guard isGiven.count(where: { $0 }) <= 1 else { throw NamingError.severalFilters }
        let filter = try Self.filter(prefix, regex, metadataAll, metadataAny) ?? .everything
        return visible(try await store.list(filter, limits: settings.results), to: actor)
    }

    /// Entries with all of these tags, or with any of those; nothing when neither is given.
    public func yplookup(
        all: Set<String>? = nil, any: Set<String>? = nil, by actor: NameActor = .anyone
    ) async throws -> [NameEntry] {
        if all?.isEmpty == false, any?.isEmpty == false { throw NamingError.bothMetadataFilters }
        guard let filter = try Self.filter(nil, nil, all, any) else { return [] }
        return visible(try await store.list(filter, limits: settings.results), to: actor)
    }

    /// The first filter that is not empty.
    static func filter(
        _ prefix: String?, _ regex: String?, _ all: Set<String>?, _ any: Set<String>?
    ) throws -> NameFilter? {
        if let prefix, !prefix.isEmpty { return .prefix(prefix) }
        if let regex, !regex.isEmpty { return .regex(try LinearRegex(regex)) }
        if let all, !all.isEmpty { return .metadataAll(all) }
        if let any, !any.isEmpty { return .metadataAny(any) }
        return nil
    }
}
