import COpenSSL
import Glibc

/// Judges chains of connections that are open already, as the handshake judged them: the same store, lists and rules.
///
/// Costs some signature checks; not for event loops.
package struct ChainJudge: Sendable {
    private let context: TLSContext

    package init(_ context: TLSContext) { self.context = context }

    /// - Parameters:
    ///   - isServer: whether the peer is the server of the connection.
    ///   - grace: how long after its last day a certificate still counts.
    /// - Returns: why the peer would not get in any more.
    package func refusal(
        of chain: PeerChain, isServer: Bool, grace: Duration = .zero, peer: String
    ) -> TLSError? {
        verify(
            leaf: chain.leaf, others: chain.others, purpose: isServer ? "ssl_server" : "ssl_client",
            grace: max(0, grace.components.seconds), peer: peer, hint: "the peer's certificate")
    }

    /// Why our own certificate would not get in here; its dates are left aside.
    package func refusalOfOwn() -> TLSError? {
        guard let leaf = SSL_CTX_get0_certificate(context.pointer) else { return nil }
        return verify(
            leaf: leaf, others: lantern_SSL_CTX_chain(context.pointer), purpose: nil, grace: Int64(Int32.max),
            peer: TLSError.thisSide, hint: context.settings.certificateChainFile)
    }

    private func verify(
        leaf: OpaquePointer, others: OpaquePointer?, purpose: String?, grace: Int64, peer: String,
        hint: String
    ) -> TLSError? {
        OpenSSLQueue.clear()
        defer { OpenSSLQueue.clear() }
        let failure = TLSError(.internalError, peer: peer, "a chain cannot be judged", hint: "memory")
        guard let store = X509_STORE_CTX_new() else { return failure }
        defer { X509_STORE_CTX_free(store) }
        guard X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(context.pointer), leaf, others) == 1,
            purpose.map({ X509_STORE_CTX_set_default(store, $0) == 1 }) ?? true,
            let rules = X509_STORE_CTX_get0_param(store),
            X509_VERIFY_PARAM_set1(rules, SSL_CTX_get0_param(context.pointer)) == 1
        else { return failure }
        // As in a handshake, the leaf's trust domain decides whose roots count.
        if let refusal = context.federation.choose(for: leaf, in: store) {
            return error(explaining: refusal, peer: peer)
        }
        X509_VERIFY_PARAM_set_auth_level(rules, SSL_CTX_get_security_level(context.pointer))
        // The callback only forgives what ended within the grace; `allowed` lives as long as the store context.
        var allowed = grace
        let isRight = withUnsafeMutablePointer(to: &allowed) { allowed in
            if grace > 0 {
                X509_STORE_CTX_set_ex_data(store, 0, allowed)
                X509_STORE_CTX_set_verify_cb(store, forgiveExpired)
            }
            return X509_verify_cert(store) == 1
        }
        guard !isRight else { return nil }
        return error(explaining: store, peer: peer, hint: hint)
    }

    private func error(explaining refusal: FederatedRoots.Refusal, peer: String) -> TLSError {
        switch refusal {
        case .unknownDomain(let domain):
            TLSError(
                .unknownTrustDomain, peer: peer, "there are no trust roots for the trust domain '\(domain)'",
                hint: context.federation.place(of: domain))
        case .foreignAuthority(let authority, let claimed):
            TLSError(
                .wrongAuthority, peer: peer,
                "an authority of the trust domain '\(authority)' signed a certificate of '\(claimed)'",
                hint: context.federation.place(of: claimed))
        }
    }

    private func error(explaining store: OpaquePointer, peer: String, hint: String) -> TLSError {
        let reason = X509_STORE_CTX_get_error(store)
        let words = String(cString: X509_verify_cert_error_string(Int(reason)))
        var which = "the certificate"
        var ended = ""
        if let current = X509_STORE_CTX_get_current_cert(store) ?? X509_STORE_CTX_get0_cert(store) {
            let certificate = Certificate(retaining: current)
            which = "the certificate '\(certificate.subject)'"
            ended = utc(certificate.notAfter)
        }
        let settings = context.settings
        return switch reason {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            TLSError(.expired, peer: peer, "\(which) expired at \(ended)", hint: "\(hint): renew it")
        case X509_V_ERR_CERT_REVOKED:
            TLSError(.revoked, peer: peer, "\(which) is revoked", hint: settings.revocationPlace)
        case _ where TLSSession.unknownAuthorityReasons.contains(reason):
            TLSError(
                .unknownAuthority, peer: peer, "no authority that we trust signed \(which) (\(words))",
                hint: settings.trustRootsFile)
        case _ where TLSSession.revocationReasons.contains(reason):
            TLSError(
                .revocationUnknown, peer: peer, "\(which) cannot be checked for revocation: \(words)",
                hint: settings.revocationPlace)
        default: TLSError(.badChain, peer: peer, "\(which) breaks a rule: \(words)", hint: hint)
        }
    }
}

/// Takes a certificate that ended no longer ago than the number of seconds in the store context's own data.
private func forgiveExpired(_ isRight: Int32, _ store: OpaquePointer?) -> Int32 {
    guard isRight == 0, let store, X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_HAS_EXPIRED,
        let current = X509_STORE_CTX_get_current_cert(store),
        let grace = X509_STORE_CTX_get_ex_data(store, 0)?.load(as: Int64.self)
    else { return isRight }
    let ended = Certificate(retaining: current).notAfter
    let (since, isAbsurd) = Int64(time(nil)).subtractingReportingOverflow(ended)
    guard !isAbsurd, since <= grace else { return 0 }
    X509_STORE_CTX_set_error(store, X509_V_OK)
    return 1
}
