import COpenSSL

/// A certificate in the making.
///
/// Owns an `X509 *`, one reference, given back in `deinit`.
final class CertificateDraft {
    private let x509: OpaquePointer

    /// A version 3 certificate with a random serial number of 127 bits.
    init(subject: String, key: borrowing PrivateKey, validity: Validity) throws(TLSError) {
        let isPrintable = subject.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        guard (1...64).contains(subject.utf8.count), isPrintable else {
            throw TLSError(.badSetting, "a common name has 1 to 64 printable characters", hint: "the name")
        }
        OpenSSLQueue.clear()
        guard let x509 = X509_new() else { throw Self.failure("no memory") }
        self.x509 = x509
        try Self.check(X509_set_version(x509, 2), "version")
        try Self.setRandomSerial(x509)
        try Self.check(X509_set_pubkey(x509, key.pointer), "public key")
        ASN1_TIME_set(X509_getm_notBefore(x509), time_t(validity.notBefore))
        ASN1_TIME_set(X509_getm_notAfter(x509), time_t(validity.notAfter))
        let added = X509_NAME_add_entry_by_txt(
            X509_get_subject_name(x509), "CN", MBSTRING_UTF8, subject, Int32(subject.utf8.count), -1, 0)
        try Self.check(added, "subject")
    }

    deinit { X509_free(x509) }

    /// Makes it self-signed.
    func setIssuerToSubject() throws(TLSError) {
        try Self.check(X509_set_issuer_name(x509, X509_get_subject_name(x509)), "issuer")
    }

    func setIssuer(_ issuer: borrowing Certificate) throws(TLSError) {
        try Self.check(X509_set_issuer_name(x509, X509_get_subject_name(issuer.x509)), "issuer")
    }

    /// Adds extensions, written as `openssl.cnf` writes them. Nothing unchecked may be in these texts.
    func add(_ extensions: [(Int32, String)]) throws(TLSError) {
        try add(extensions, issuer: x509)
    }

    func add(_ extensions: [(Int32, String)], issuer: borrowing Certificate) throws(TLSError) {
        try add(extensions, issuer: issuer.x509)
    }

    private func add(_ extensions: [(Int32, String)], issuer: OpaquePointer) throws(TLSError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, x509, nil, nil, 0)
        for (identifier, text) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, identifier, text) else {
                throw Self.failure("extension \(identifier)")
            }
            defer { X509_EXTENSION_free(made) }
            try Self.check(X509_add_ext(x509, made, -1), "extension \(identifier)")
        }
    }

    func sign(with key: borrowing PrivateKey) throws(TLSError) {
        // Ed25519 brings its own digest.
        let digest = lantern_EVP_is_ed25519(key.pointer) == 1 ? nil : EVP_sha256()
        guard X509_sign(x509, key.pointer, digest) > 0 else { throw Self.failure("signature") }
    }

    func pem() throws(TLSError) -> [UInt8] {
        guard let bio = MemoryBIO() else { throw Self.failure("no memory") }
        try Self.check(PEM_write_bio_X509(bio.pointer, x509), "PEM")
        return bio.contents
    }

    private static func setRandomSerial(_ x509: OpaquePointer) throws(TLSError) {
        guard let number = BN_new() else { throw failure("no memory") }
        defer { BN_free(number) }
        try check(BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), "random serial number")
        guard BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != nil else {
            throw failure("serial number")
        }
    }

    private static func check(_ result: Int32, _ what: String) throws(TLSError) {
        guard result == 1 else { throw failure(what) }
    }

    private static func failure(_ what: String) -> TLSError {
        TLSError(
            .internalError, "a certificate cannot be made: \(what) (\(OpenSSLQueue.drain().text))",
            hint: "the OpenSSL installation")
    }
}
