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
    /// The rules beyond X.509: a leaf is no authority, has one identity, and the expected one.
    fileprivate func accept(leafOf store: OpaquePointer) -> TLSError? {
        guard let x509 = X509_STORE_CTX_get0_cert(store) else {
            return error(.noPeerCertificate, "there is no certificate", hint: "the peer's TLS settings")
        }
        let leaf = Certificate(retaining: x509)
        guard X509_check_ca(x509) == 0 else {
            return error(
                .wrongPurpose, "the certificate '\(leaf.subject)' is an authority's, not a peer's",
                hint: "the peer's certificate")
        }
        let facts: PeerCertificate
        do { facts = try leaf.facts(identitySource: context.settings.identitySource) } catch {
            return self.error(
                .noIdentity, "the certificate '\(leaf.subject)' names no identity: \(error.detail)",
                hint: "the peer's certificate, or the setting identitySource")
        }
        if let expectedIdentity, !expectedIdentity.matches(facts.identity) {
            return error(
                .wrongIdentity, "expected \(expectedIdentity), found \(facts.identity)",
                hint: "the expected identity, or the peer's certificate")
        }
        peerCertificate = facts
        return nil
    }
}
