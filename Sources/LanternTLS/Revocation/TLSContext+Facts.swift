import COpenSSL

/// What an operator wants to know about a certificate of ours: when it ends.
package struct CertificateDates: Sendable, Hashable {
    /// RFC 2253 form, at most 256 bytes of it.
    package let subject: String
    /// SHA-256 of the name in DER.
    package let subjectDigest: [UInt8]
    /// Seconds since 1970.
    package let notBefore: Int64
    /// Seconds since 1970.
    package let notAfter: Int64

    init(_ certificate: borrowing Certificate) {
        subject = certificate.subject
        subjectDigest = Certificate.digest(of: X509_get_subject_name(certificate.x509))
        notBefore = certificate.notBefore
        notAfter = certificate.notAfter
    }
}

extension TLSContext {
    /// Reads all files while an earlier context is in use. Our own certificate may be out of date: it is for the caller
    /// to look at ``refusalOfOwnDates``.
    package static func reread(_ settings: TLSSettings) throws(TLSError) -> TLSContext {
        do { return try TLSContext(settings: settings) } catch {
            guard error.code == .expired || error.code == .notYetValid else { throw error }
            return try TLSContext(settings: settings, checkingOwnDates: false)
        }
    }

    /// Why our own certificate cannot be used now: it is expired or not yet valid.
    package var refusalOfOwnDates: TLSError? {
        guard let leaf = SSL_CTX_get0_certificate(pointer) else { return nil }
        return ContextLoader(settings: settings, context: pointer).refusalOfDates(
            Certificate(retaining: leaf))
    }

    /// Our own certificate first, then the intermediate ones that we show with it.
    package var ownChain: [CertificateDates] {
        guard let leaf = SSL_CTX_get0_certificate(pointer) else { return [] }
        var dates = [CertificateDates(Certificate(retaining: leaf))]
        guard let others = lantern_SSL_CTX_chain(pointer) else { return dates }
        for index in 0..<max(0, lantern_X509_chain_count(others)) {
            guard let other = lantern_X509_chain_certificate(others, index) else { continue }
            dates.append(CertificateDates(Certificate(retaining: other)))
        }
        return dates
    }

    /// The authorities that are trusted.
    package var roots: [CertificateDates] {
        guard let store = SSL_CTX_get_cert_store(pointer) else { return [] }
        var dates: [CertificateDates] = []
        for index in 0..<max(0, lantern_X509_STORE_object_count(store)) {
            guard let root = lantern_X509_STORE_certificate(store, index) else { continue }
            dates.append(CertificateDates(Certificate(retaining: root)))
        }
        return dates
    }
}
