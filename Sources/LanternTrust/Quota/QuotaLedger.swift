internal import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The accounts of all identities that have a quota.
///
/// Bounded: an account that nobody holds and that is full again says no more than a new one, and makes room. When all
/// ``maximumAccounts`` are in use, calls of further identities are refused.
package final class QuotaLedger: Sendable {
    package static let maximumAccounts = 65_536

    private let accounts = Mutex<[PeerIdentity: QuotaAccount]>([:])
    private let maximum: Int
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: nanoseconds that never go back.
    package init(
        maximum: Int = QuotaLedger.maximumAccounts,
        clock: @escaping @Sendable () -> Int64 = QuotaLedger.monotonicNanoseconds
    ) {
        self.maximum = max(1, maximum)
        self.clock = clock
    }

    package var count: Int { accounts.withLock { $0.count } }

    /// The account of an identity under a policy; nil when the policy has no quota for it.
    ///
    /// - Throws: ``QuotaRefusal`` when there is no room for another one.
    package func account(
        of identity: PeerIdentity, under policy: PolicyTable
    ) throws(QuotaRefusal) -> QuotaAccount? {
        guard let quota = policy.quota(of: identity) else { return nil }
        let found: QuotaAccount? = accounts.withLock { accounts in
            if let known = accounts[identity] { return known }
            if accounts.count >= maximum { Self.sweep(&accounts) }
            guard accounts.count < maximum else { return nil }
            let account = QuotaAccount(quota, clock: clock)
            accounts[identity] = account
            return account
        }
        guard let found else { throw QuotaRefusal(.accounts, limit: Double(maximum), wait: nil) }
        found.change(to: quota)
        return found
    }

    private static func sweep(_ accounts: inout [PeerIdentity: QuotaAccount]) {
        for identity in Array(accounts.keys) {
            guard var account = accounts.removeValue(forKey: identity) else { continue }
            // Who holds it else is a connection, which must not count apart from the next of its identity.
            guard isKnownUniquelyReferenced(&account), account.isUnused else {
                accounts[identity] = account
                continue
            }
        }
    }

    package static let monotonicNanoseconds: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
