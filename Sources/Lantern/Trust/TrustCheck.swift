import LanternTLS

/// Whether a new set may take the place of the one in force.
///
/// Refused is what is wrong with the new. What time or an authority did to a certificate that is in use already holds
/// nothing up: a revocation must count also where our own certificate expired.
struct TrustCheck {
    let current: TrustEpoch
    /// Whether the policy still comes from a file.
    let followsPolicy: Bool

    func check(_ new: LoadedTrust) throws(TrustLoadError) {
        if followsPolicy, let source = current.policySource, new.policySource == nil {
            throw TrustLoadError(source.path, "the policy file is gone; put it back")
        }
        try checkLists(new.tls)
        try checkOwnCertificate(new.tls)
    }

    private func checkLists(_ tls: TLSContext) throws(TrustLoadError) {
        let old = current.tls.revocationLists
        if let lost = old.first, tls.revocationLists.isEmpty {
            throw TrustLoadError(
                lost.file, "the revocation lists are gone; put them back, or restart to do without")
        }
        for list in old {
            let successors = tls.revocationLists.filter { $0.issuerDigest == list.issuerDigest }
            guard let newest = successors.max(by: { $0.thisUpdate < $1.thisUpdate }) else { continue }
            guard newest.thisUpdate >= list.thisUpdate else {
                throw TrustLoadError(
                    newest.file,
                    "the revocation list of '\(list.issuer)' is older than the one in force; what it does not "
                        + "name would count again")
            }
        }
    }

    private func checkOwnCertificate(_ tls: TLSContext) throws(TrustLoadError) {
        let isAnother = tls.ownCertificate.fingerprint != current.tls.ownCertificate.fingerprint
        if isAnother, let problem = tls.refusalOfOwnDates { throw TrustLoadError(problem) }
        guard let refusal = ChainJudge(tls).refusalOfOwn() else { return }
        switch refusal.code {
        case .revoked where isAnother: throw TrustLoadError(refusal)
        case .revoked, .revocationUnknown: return
        default:
            // Where certificates of clients and servers have other roots our own need not lead to ours.
            guard current.isOwnChainKnown else { return }
            throw TrustLoadError(
                isAnother ? tls.settings.certificateChainFile : tls.settings.trustRootsFile,
                "our own certificate does not lead to a trusted root: \(refusal.detail)", cause: refusal)
        }
    }
}

extension TrustEpoch {
    /// Whether our own certificate leads to one of our own roots.
    var isOwnChainKnown: Bool {
        guard let ownRefusal else { return true }
        return ownRefusal.code == .revoked || ownRefusal.code == .revocationUnknown
    }
}
