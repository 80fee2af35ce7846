import COpenSSL

/// Holds our own certificate against our own roots and lists, as a peer with the same ones would.
package struct ChainInspection {
    /// Certificate first, then intermediate ones.
    package let certificateFile: String
    package let rootsFile: String
    /// PEM files with revocation lists; none for not asking.
    package let listFiles: [String]

    package init(certificateFile: String, rootsFile: String, listFiles: [String]) {
        self.certificateFile = certificateFile
        self.rootsFile = rootsFile
        self.listFiles = listFiles
    }

    /// What OpenSSL has against a chain.
    package struct Problem: Sendable, Hashable {
        package enum Kind: Sendable {
            case expired, notYetValid, unknownAuthority, incomplete, wrongPurpose, revoked, listMissing,
                listExpired
            case listNotYetValid, other
        }
        package let kind: Kind
        /// The certificate that it is about, in RFC 2253 form.
        package let subject: String
        /// OpenSSL's own words.
        package let words: String
    }

    /// - Parameter ignoringTimes: dates of certificates do not count; those of lists do.
    /// - Returns: the first problem; nil when the chain is right.
    /// - Throws: ``TLSError`` for files that cannot be read.
    package func problem(asServer: Bool, askingLists: Bool, ignoringTimes: Bool) throws(TLSError) -> Problem?
    {
        let chain = try CertificateStack(file: certificateFile)
        OpenSSLQueue.clear()
        guard let store = X509_STORE_new() else { throw failure("no memory") }
        defer { X509_STORE_free(store) }
        guard X509_STORE_load_file(store, rootsFile) == 1 else {
            OpenSSLQueue.clear()
            throw TLSError(.badFile, "the file of trust roots holds no certificate", hint: rootsFile)
        }
        if askingLists {
            for file in listFiles { try Self.load(file, into: store) }
        }
        guard let untrusted = OPENSSL_sk_new_null() else { throw failure("no memory") }
        defer { OPENSSL_sk_free(untrusted) }
        for index in chain.indices.dropFirst() {
            OPENSSL_sk_push(untrusted, UnsafeRawPointer(chain[index].x509))
        }
        guard let context = X509_STORE_CTX_new() else { throw failure("no memory") }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, chain[0].x509, untrusted) == 1 else {
            throw failure("chain")
        }
        var flags = UInt(X509_V_FLAG_X509_STRICT | X509_V_FLAG_TRUSTED_FIRST)
        if askingLists && !listFiles.isEmpty {
            flags |= UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
        }
        X509_STORE_CTX_set_flags(context, flags)
        X509_STORE_CTX_set_purpose(context, asServer ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT)
        X509_STORE_CTX_set_verify_cb(context, ignoringTimes ? overlookDates : nil)
        defer { OpenSSLQueue.clear() }
        guard X509_verify_cert(context) != 1 else { return nil }
        let reason = X509_STORE_CTX_get_error(context)
        let current = X509_STORE_CTX_get_current_cert(context) ?? X509_STORE_CTX_get0_cert(context)
        let subject = current.map { Certificate(retaining: $0).subject } ?? ""
        return Problem(
            kind: Self.kind(reason, hasIntermediates: chain.indices.count > 1), subject: subject,
            words: String(cString: X509_verify_cert_error_string(Int(reason))))
    }

    private static func load(_ file: String, into store: OpaquePointer) throws(TLSError) {
        let bytes = try PlainFile.read(file, as: "revocation list file")
        guard let bio = MemoryBIO(reading: bytes) else {
            throw TLSError(.internalError, "no memory", hint: file)
        }
        OpenSSLQueue.clear()
        while let list = PEM_read_bio_X509_CRL(bio.pointer, nil, nil, nil) {
            X509_STORE_add_crl(store, list)
            X509_CRL_free(list)
        }
        OpenSSLQueue.clear()
    }

    private static func kind(_ reason: Int32, hasIntermediates: Bool) -> Problem.Kind {
        switch reason {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            hasIntermediates ? .unknownAuthority : .incomplete
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            .unknownAuthority
        case X509_V_ERR_INVALID_PURPOSE: .wrongPurpose
        case X509_V_ERR_CERT_REVOKED: .revoked
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER: .listMissing
        case X509_V_ERR_CRL_HAS_EXPIRED: .listExpired
        case X509_V_ERR_CRL_NOT_YET_VALID: .listNotYetValid
        default: .other
        }
    }

    private func failure(_ what: String) -> TLSError {
        TLSError(.internalError, "\(what) (\(OpenSSLQueue.drain().text))", hint: "the OpenSSL installation")
    }
}

/// Dates of certificates are looked at by themselves; here they would hide what else is wrong.
private func overlookDates(_ result: Int32, _ context: OpaquePointer?) -> Int32 {
    guard result == 0, let context else { return result }
    switch X509_STORE_CTX_get_error(context) {
    case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID:
        X509_STORE_CTX_set_error(context, X509_V_OK)
        return 1
    default: return 0
    }
}

/// Whether a private key is a certificate's.
package enum KeyInspection {
    /// - Throws: what reading the key throws: protection, form, password.
    package static func fits(
        certificateFile: String, keyFile: String, passwordSource: PasswordSource?
    ) throws(TLSError) -> Bool {
        let certificates = try CertificateStack(file: certificateFile)
        let key = try PrivateKey(file: keyFile, passwordSource: passwordSource)
        OpenSSLQueue.clear()
        defer { OpenSSLQueue.clear() }
        return X509_check_private_key(certificates[0].x509, key.pointer) == 1
    }
}
