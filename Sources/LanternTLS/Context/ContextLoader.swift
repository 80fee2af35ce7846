import COpenSSL
import Glibc
import LanternTrust

/// Fills a fresh `SSL_CTX` from the settings. Borrows the pointer.
struct ContextLoader {
    let settings: TLSSettings
    let context: OpaquePointer

    /// The rules that no setting and no `openssl.cnf` changes; set after OpenSSL applied that file.
    func applyRules() throws(TLSError) {
        guard lantern_SSL_CTX_set_version_range(context, TLS1_3_VERSION, TLS1_3_VERSION) == 1 else {
            throw internalError("TLS 1.3 is not available")
        }
        SSL_CTX_set_security_level(context, 2)
        guard KeyExchange.list(isAccepted: { KeyExchange.isAccepted($0, by: context) }) != nil else {
            throw internalError("no group for the key exchange is available")
        }
        lantern_SSL_CTX_set_options(context)
        lantern_SSL_CTX_clear_options(context)
        lantern_SSL_CTX_set_modes(context)
        // All ciphertext that is there in one go, instead of a record's header first.
        lantern_SSL_CTX_read_ahead(context)
        lantern_SSL_CTX_disable_session_cache(context)
        guard SSL_CTX_set_num_tickets(context, 0) == 1, SSL_CTX_set_max_early_data(context, 0) == 1 else {
            throw internalError("tickets cannot be switched off")
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_verify_depth(context, Int32(settings.verifyDepth))
        SSL_CTX_set_cert_verify_callback(context, verifyPeer, nil)
        SSL_CTX_set_cert_cb(context, certificateRequested, nil)
        // SSL_CTX_set_alpn_protos is one of the few calls that return 0 when all is well.
        let offer = try ApplicationProtocol.offer(of: settings.foreignProtocol)
        guard SSL_CTX_set_alpn_protos(context, offer, UInt32(offer.count)) == 0 else {
            throw internalError("the application protocol cannot be offered")
        }
        SSL_CTX_set_alpn_select_cb(context, selectApplicationProtocol, nil)
    }

    /// Roots, revocation lists and the rules for chains.
    ///
    /// - Returns: the lists.
    func loadTrust() throws(TLSError) -> [RevocationList] {
        let path = settings.trustRootsFile
        _ = try PlainFile.read(path, as: "file of trust roots")
        let store = SSL_CTX_get_cert_store(context)
        OpenSSLQueue.clear()
        guard let store, X509_STORE_load_file(store, path) == 1, lantern_X509_STORE_object_count(store) > 0
        else {
            let reason = OpenSSLQueue.drain().text
            throw TLSError(.badFile, "the file of trust roots holds no certificate (\(reason))", hint: path)
        }
        var flags = UInt(X509_V_FLAG_X509_STRICT | X509_V_FLAG_TRUSTED_FIRST)
        let lists = try RevocationLoader(settings: settings, store: store).load()
        if !lists.isEmpty { flags |= UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) }
        guard let rules = SSL_CTX_get0_param(context), X509_VERIFY_PARAM_set_flags(rules, flags) == 1 else {
            throw internalError("the rules for chains cannot be set")
        }
        X509_VERIFY_PARAM_set_hostflags(rules, lantern_host_flags())
        return lists
    }

    /// Our certificate and key, checked against each other.
    func loadIdentity(checkingDates: Bool) throws(TLSError) -> PeerCertificate {
        let path = settings.certificateChainFile
        let pem = try PlainFile.read(path, as: "certificate file")
        guard let certificate = Certificate(pem: pem) else {
            throw TLSError(.badFile, "the certificate file holds no certificate", hint: path)
        }
        if checkingDates, settings.demandsSVID, let problem = certificate.leafProblem() {
            throw TLSError(
                problem.code, "our own certificate is no X.509-SVID: \(problem.detail)", hint: path)
        }
        OpenSSLQueue.clear()
        guard SSL_CTX_use_certificate_chain_file(context, path) == 1 else {
            let reason = OpenSSLQueue.drain().text
            throw TLSError(.badFile, "the certificate file cannot be used (\(reason))", hint: path)
        }
        let key = try PrivateKey(file: settings.privateKeyFile, passwordSource: settings.passwordSource)
        try use(key)
        if checkingDates, let refusal = refusalOfDates(certificate) { throw refusal }
        do {
            return try certificate.facts(identitySource: settings.identitySource)
        } catch {
            if !checkingDates || settings.foreignProtocol != nil,
                let none = try? PeerIdentity(dnsName: "none.invalid")
            {
                return certificate.facts(of: none)
            }
            throw TLSError(.noIdentity, "our own certificate has no identity: \(error.detail)", hint: path)
        }
    }

    private func use(_ key: borrowing PrivateKey) throws(TLSError) {
        OpenSSLQueue.clear()
        guard SSL_CTX_use_PrivateKey(context, key.pointer) == 1, SSL_CTX_check_private_key(context) == 1
        else {
            OpenSSLQueue.clear()
            throw TLSError(
                .keyMismatch, "the private key \(settings.privateKeyFile) is not the certificate's",
                hint: settings.certificateChainFile)
        }
    }

    /// Why our own certificate cannot be used now.
    func refusalOfDates(_ certificate: borrowing Certificate) -> TLSError? {
        let now = Int64(time(nil))
        guard now >= certificate.notBefore else {
            return TLSError(
                .notYetValid, "our own certificate is valid only from \(utc(certificate.notBefore)) on",
                hint: settings.certificateChainFile)
        }
        guard now <= certificate.notAfter else {
            return TLSError(
                .expired, "our own certificate expired at \(utc(certificate.notAfter))",
                hint: settings.certificateChainFile)
        }
        return nil
    }

    private func internalError(_ detail: String) -> TLSError {
        TLSError(.internalError, "\(detail) (\(OpenSSLQueue.drain().text))", hint: "the OpenSSL installation")
    }
}

extension TLSSettings {
    /// Whether certificates have to be X.509-SVIDs.
    var demandsSVID: Bool { identitySource == .spiffe && foreignProtocol == nil }
}
