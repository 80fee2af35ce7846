import LanternTLS
import LanternTrust

/// One set of certificate, key, roots, revocation lists, keyring and policy, as it was in force for a time.
///
/// Nothing of it changes; a change of any file is the next epoch.
package final class TrustEpoch: Sendable {
    /// 1 when the program started.
    package let number: UInt64
    /// Seconds since 1970.
    package let loaded: Int64
    package let tls: TLSContext
    package let keyring: Keyring
    package let policy: PolicyTable
    package let authenticator: Authenticator
    let policySource: PolicySource?
    let complaint: String?
    /// Why our own certificate would not get in here; its dates are not looked at.
    let ownRefusal: TLSError?
    let ownChain: [CertificateDates]
    let roots: [CertificateDates]

    init(number: UInt64, loaded: Int64, _ set: LoadedTrust, replay: ReplayCache, use: KeyUse?)
        throws(TrustError)
    {
        self.number = number
        self.loaded = loaded
        tls = set.tls
        keyring = set.keyring
        policy = set.policy
        policySource = set.policySource
        complaint = set.complaint
        authenticator = try Authenticator(keyring: set.keyring, replay: replay, use: use)
        ownRefusal = ChainJudge(set.tls).refusalOfOwn()
        ownChain = set.tls.ownChain
        roots = set.tls.roots
    }

    /// Whether a client's connections should be made anew to show who we are now.
    func showsAnother(than old: TrustEpoch) -> Bool {
        tls.ownCertificate.fingerprint != old.tls.ownCertificate.fingerprint
            || !keyring.hasSameOwnKey(as: old.keyring)
    }
}
