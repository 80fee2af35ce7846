extension Daemon {
    /// How certificate, keys, policy, roots and revocation lists stand, as of now.
    public var health: TrustHealth { core.trust.health }

    /// Reads all files again now. There is seldom a need: changed files are read by themselves when the settings came
    /// from a lantern home.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the file to mend; what was in force stays then.
    public func reload() async throws { try await core.trust.inBackground { try $0.reload() } }

    /// Puts another set in force, for programs that have no lantern home. New connections stand on it at once; open
    /// ones are judged again and end when they do not pass.
    ///
    /// The certificate files of the set are followed from then on if ``TrustSettings/isWatching`` is set; keyring and
    /// policy stay as given. The daemon's own client goes along.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the file to mend; what was in force stays then.
    public func reload(_ material: TrustMaterial) async throws {
        try await core.trust.inBackground { try $0.reload(material) }
    }
}

extension Client {
    /// How certificate, keys, roots and revocation lists stand, as of now.
    public var health: TrustHealth { trust.health }

    /// Reads all files again now; see ``Daemon/reload()``.
    public func reload() async throws { try await trust.inBackground { try $0.reload() } }

    /// Puts another set in force; see ``Daemon/reload(_:)``. Connections are made anew in the background and no call
    /// notices.
    public func reload(_ material: TrustMaterial) async throws {
        try await trust.inBackground { try $0.reload(material) }
    }
}

extension LiveTrust {
    /// Files are read on a thread that may block.
    fileprivate func inBackground(_ work: @escaping @Sendable (LiveTrust) throws -> Void) async throws {
        try await Task.detached(executorPreference: HandlerExecutor.shared) { try work(self) }.value
    }
}

extension CallContext {
    /// The number of the set of certificates, keys and lists by which the caller's connection was judged last.
    public var trustEpoch: UInt64 { call.caller.epoch?.number ?? 0 }
}
