import COpenSSL
import LanternTrust

/// OpenSSL's question "is this chain right?", put once in a handshake: chain, purpose and host first, then what
/// only we know. Answering it here, not afterwards, lets the peer hear the refusal as an alert.
func verifyPeer(_ store: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> Int32 {
    guard let store,
        let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let data = SSL_get_ex_data(OpaquePointer(ssl), 0)
    else { return 0 }
    let session = Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
    if let refusal = session.context.federation.choose(for: store) {
        session.verifyFailure = session.error(explaining: refusal)
        // The peer reads that its authority is unknown here, as it is.
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
        return 0
    }
    guard X509_verify_cert(store) == 1 else {
        session.verifyFailure = session.error(explainingChain: store)
        return 0
    }
    if let failure = session.accept(leafOf: store) {
        session.verifyFailure = failure
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)
        return 0
    }
    return 1
}

/// A client is asked for its certificate.
func certificateRequested(_ ssl: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> Int32 {
    if let ssl, let data = SSL_get_ex_data(ssl, 0) {
        Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue().certificateWasRequested = true
    }
    return 1
}

extension TLSSession {
    /// The rules beyond X.509: leaf and signers are those of an SVID, the leaf has one identity, and the expected one.
    fileprivate func accept(leafOf store: OpaquePointer) -> TLSError? {
        guard let x509 = X509_STORE_CTX_get0_cert(store) else {
            return error(.noPeerCertificate, "there is no certificate", hint: "the peer's TLS settings")
        }
        let leaf = Certificate(retaining: x509)
        if let problem = shapeProblem(of: leaf) { return error(leaf, problem) }
        if let failure = signerFailure(in: store) { return failure }
        if context.settings.foreignProtocol != nil {
            peerCertificate = foreignFacts(of: leaf)
            return peerCertificate == nil ? error(.internalError, "no facts", hint: "OpenSSL") : nil
        }
        let facts: PeerCertificate
        do { facts = try leaf.facts(identitySource: context.settings.identitySource) } catch {
            return self.error(leaf, error)
        }
        if let expectedIdentity, !expectedIdentity.matches(facts.identity) {
            return error(
                .wrongIdentity, "expected \(expectedIdentity), found \(facts.identity)",
                hint: "the expected identity, or the peer's certificate")
        }
        peerCertificate = facts
        return nil
    }

    /// A site without SPIFFE IDs has its own rules for certificates; that a peer is no authority holds everywhere.
    func shapeProblem(of leaf: borrowing Certificate) -> SVIDProblem? {
        if context.settings.demandsSVID { return leaf.leafProblem() }
        return X509_check_ca(leaf.x509) == 0
            ? nil : SVIDProblem(.purpose, "it is an authority's, not a peer's")
    }

    /// A server of another system has a name and no identity: nobody's, so that no rule can mean it.
    private func foreignFacts(of leaf: borrowing Certificate) -> PeerCertificate? {
        guard let nobody = try? PeerIdentity(dnsName: "none.invalid") else { return nil }
        return leaf.facts(of: nobody)
    }

    private func signerFailure(in store: OpaquePointer) -> TLSError? {
        guard context.settings.demandsSVID else { return nil }
        let chain = X509_STORE_CTX_get0_chain(store)
        for index in 1..<max(1, lantern_X509_stack_count(chain)) {
            guard let x509 = lantern_X509_stack_certificate(chain, index) else { continue }
            let signer = Certificate(retaining: x509)
            guard let problem = signer.signerProblem() else { continue }
            return error(
                .badChain,
                "the certificate '\(signer.subject)' breaks a rule of X.509-SVID: \(problem.detail)",
                hint: "the peer's certificate chain")
        }
        return nil
    }

    func error(_ leaf: borrowing Certificate, _ problem: SVIDProblem) -> TLSError {
        switch problem.part {
        case .identity:
            error(
                problem.code, "the certificate '\(leaf.subject)' names no identity: \(problem.detail)",
                hint: "the peer's certificate, or the setting identitySource")
        case .purpose, .shape:
            error(
                problem.code, "the certificate '\(leaf.subject)' is not a peer's: \(problem.detail)",
                hint: "the peer's certificate")
        }
    }
}
