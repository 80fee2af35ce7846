import LanternTrust

/// On whose behalf the registry works: who it is, from where, and what the policy lets it do.
public struct NameActor: Sendable {
    /// The identity as policy matches it.
    public let identity: String
    /// Whether it is on the name server's own host, so that addresses of this host mean the same to it.
    public let isLocal: Bool
    /// Which names it may use in this operation.
    let rights: @Sendable () -> NameRights
    /// Which names of other owners it may change in this operation.
    let rightsOfOthers: @Sendable () -> NameRights

    /// One that may use all names, but change only its own.
    public init(_ identity: String, isLocal: Bool = true) {
        self.init(identity, isLocal: isLocal, rights: { .all }, rightsOfOthers: { .none })
    }

    init(
        _ identity: String, isLocal: Bool, rights: @escaping @Sendable () -> NameRights,
        rightsOfOthers: @escaping @Sendable () -> NameRights
    ) {
        self.identity = identity
        self.isLocal = isLocal
        self.rights = rights
        self.rightsOfOthers = rightsOfOthers
    }

    /// For questions that no caller asks.
    public static let anyone = NameActor("")
}
