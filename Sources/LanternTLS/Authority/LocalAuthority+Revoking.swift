import COpenSSL
import Glibc

extension LocalAuthority {
    /// Signs a revocation list and puts it in place of the one at `path`.
    ///
    /// - Parameters:
    ///   - certificateFiles: PEM files whose first certificates are revoked; all that ever were, for a list replaces
    ///     the one before.
    ///   - number: the list's own number, counted up with each one.
    ///   - thisUpdate: seconds since 1970; a minute ago unless given.
    ///   - nextUpdate: seconds since 1970; a week from now unless given. May lie in the past.
    package func publishRevocationList(
        revoking certificateFiles: [String], number: Int = 1, thisUpdate: Int64? = nil,
        nextUpdate: Int64? = nil, to path: String
    ) throws(TLSError) {
        let now = Int64(time(nil))
        let validity = try Validity(thisUpdate ?? now - 60, nextUpdate ?? now + 7 * Validity.day)
        let authority = try load()
        let draft = try RevocationDraft(issuer: authority.certificate, validity: validity, number: number)
        for file in certificateFiles {
            guard let certificate = Certificate(pem: try PlainFile.read(file, as: "certificate")) else {
                throw TLSError(.badFile, "the file holds no certificate", hint: file)
            }
            try draft.revoke(certificate, at: validity.notBefore)
        }
        try PEMFile.write(try draft.signed(with: authority.key), to: path, mode: 0o644)
    }
}

/// A revocation list in the making.
///
/// Owns an `X509_CRL *`, one reference, given back in `deinit`.
private final class RevocationDraft {
    private let list: OpaquePointer

    init(issuer: borrowing Certificate, validity: Validity, number: Int) throws(TLSError) {
        OpenSSLQueue.clear()
        guard let list = X509_CRL_new() else { throw Self.failure("no memory") }
        self.list = list
        guard let start = ASN1_TIME_set(nil, time_t(validity.notBefore)) else { throw Self.failure("date") }
        defer { ASN1_STRING_free(start) }
        guard let end = ASN1_TIME_set(nil, time_t(validity.notAfter)) else { throw Self.failure("date") }
        defer { ASN1_STRING_free(end) }
        try Self.check(X509_CRL_set_version(list, 1), "version")
        try Self.check(X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.x509)), "issuer")
        try Self.check(X509_CRL_set1_lastUpdate(list, start), "date")
        try Self.check(X509_CRL_set1_nextUpdate(list, end), "date")
        try addAuthority(issuer)
        try add(number: number)
    }

    private func addAuthority(_ issuer: borrowing Certificate) throws(TLSError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.x509, nil, nil, list, 0)
        guard let made = X509V3_EXT_conf_nid(nil, &context, NID_authority_key_identifier, "keyid:always")
        else { throw Self.failure("authority key identifier") }
        defer { X509_EXTENSION_free(made) }
        try Self.check(X509_CRL_add_ext(list, made, -1), "authority key identifier")
    }

    private func add(number: Int) throws(TLSError) {
        guard let integer = ASN1_INTEGER_new() else { throw Self.failure("no memory") }
        defer { ASN1_INTEGER_free(integer) }
        try Self.check(ASN1_INTEGER_set(integer, max(0, number)), "number")
        try Self.check(
            X509_CRL_add1_ext_i2d(list, NID_crl_number, UnsafeMutableRawPointer(integer), 0, 0), "number")
    }

    deinit { X509_CRL_free(list) }

    func revoke(_ certificate: borrowing Certificate, at seconds: Int64) throws(TLSError) {
        guard let date = ASN1_TIME_set(nil, time_t(seconds)) else { throw Self.failure("date") }
        defer { ASN1_STRING_free(date) }
        guard let entry = X509_REVOKED_new() else { throw Self.failure("no memory") }
        guard X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.x509)) == 1,
            X509_REVOKED_set_revocationDate(entry, date) == 1, X509_CRL_add0_revoked(list, entry) == 1
        else {
            X509_REVOKED_free(entry)
            throw Self.failure("entry")
        }
    }

    /// PEM form.
    func signed(with key: borrowing PrivateKey) throws(TLSError) -> [UInt8] {
        try Self.check(X509_CRL_sort(list), "order")
        let digest = lantern_EVP_is_ed25519(key.pointer) == 1 ? nil : EVP_sha256()
        guard X509_CRL_sign(list, key.pointer, digest) > 0 else { throw Self.failure("signature") }
        guard let bio = MemoryBIO(), PEM_write_bio_X509_CRL(bio.pointer, list) == 1 else {
            throw Self.failure("PEM")
        }
        return bio.contents
    }

    private static func check(_ result: Int32, _ what: String) throws(TLSError) {
        guard result == 1 else { throw failure(what) }
    }

    private static func failure(_ what: String) -> TLSError {
        TLSError(
            .internalError, "a revocation list cannot be made: \(what) (\(OpenSSLQueue.drain().text))",
            hint: "the OpenSSL installation")
    }
}
