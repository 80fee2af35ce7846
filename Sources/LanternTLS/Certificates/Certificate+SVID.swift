import COpenSSL
import LanternTrust

/// The rules of X.509-SVID that go beyond RFC 5280, and those of RFC 5280 that OpenSSL leaves to us.
extension Certificate {
    private var flags: UInt32 { X509_get_extension_flags(x509) }
    private var keyUsage: UInt32 { X509_get_key_usage(x509) }
    private var extendedKeyUsage: UInt32 { X509_get_extended_key_usage(x509) }
    private static let noExtension = UInt32.max

    /// Why it cannot tell who a peer is; nil when nothing is wrong with its shape. Its names are another matter.
    func leafProblem() -> SVIDProblem? {
        guard X509_get_version(x509) == 2 else {
            return SVIDProblem(.shape, "it is not an X.509 version 3 certificate")
        }
        if let problem = damage() { return problem }
        // OpenSSL's own question leaves out an authority without keyCertSign.
        if X509_check_ca(x509) != 0 || flags & UInt32(EXFLAG_CA) != 0 {
            return SVIDProblem(.purpose, "it is an authority's, not a peer's")
        }
        guard flags & UInt32(EXFLAG_PROXY) == 0 else {
            return SVIDProblem(.shape, "it is a proxy certificate")
        }
        guard X509_get_pathlen(x509) == -1 else {
            return SVIDProblem(.shape, "its basic constraints have a path length, which is an authority's")
        }
        let hasSubject = X509_NAME_entry_count(X509_get_subject_name(x509)) > 0
        guard hasSubject || isCritical(NID_subject_alt_name) else {
            return SVIDProblem(.shape, "its subject is empty and its alternative names are not critical")
        }
        return leafKeyUsageProblem() ?? leafExtendedKeyUsageProblem()
    }

    private func leafKeyUsageProblem() -> SVIDProblem? {
        guard keyUsage != Self.noExtension else { return SVIDProblem(.shape, "it has no key usage") }
        guard keyUsage & UInt32(KU_KEY_CERT_SIGN) == 0 else {
            return SVIDProblem(.shape, "its key usage has keyCertSign, which is an authority's")
        }
        guard keyUsage & UInt32(KU_CRL_SIGN) == 0 else {
            return SVIDProblem(.shape, "its key usage has cRLSign, which is an authority's")
        }
        guard keyUsage & UInt32(KU_DIGITAL_SIGNATURE) != 0 else {
            return SVIDProblem(.shape, "its key usage lacks digitalSignature")
        }
        guard isCritical(NID_key_usage) else { return SVIDProblem(.shape, "its key usage is not critical") }
        return nil
    }

    private func leafExtendedKeyUsageProblem() -> SVIDProblem? {
        guard extendedKeyUsage != Self.noExtension else { return nil }
        guard extendedKeyUsage & UInt32(XKU_SSL_SERVER) != 0 else {
            return SVIDProblem(.purpose, "its extended key usage lacks serverAuth")
        }
        guard extendedKeyUsage & UInt32(XKU_SSL_CLIENT) != 0 else {
            return SVIDProblem(.purpose, "its extended key usage lacks clientAuth")
        }
        return nil
    }

    /// Why it cannot sign SVIDs; nil when nothing is wrong. That it is an authority's was found out before.
    ///
    /// It need not have a SPIFFE ID; when it has a URI name, that must be one without a path.
    func signerProblem() -> SVIDProblem? {
        if let problem = damage() { return problem }
        guard let names = alternativeNames(ofType: GEN_URI) else {
            return SVIDProblem(
                .identity, "the list of alternative names of a signing certificate is not readable")
        }
        guard let name = names.first else { return nil }
        guard names.count == 1 else {
            return SVIDProblem(
                .identity, "a signing certificate has \(names.count) URI names where one is the most")
        }
        let id: SPIFFEID
        do { id = try SPIFFEID(String(decoding: name, as: UTF8.self)) } catch {
            return SVIDProblem(
                .identity, "the URI name of a signing certificate is not a SPIFFE ID: \(error.detail)")
        }
        guard id.path.isEmpty else {
            return SVIDProblem(.identity, "the SPIFFE ID of a signing certificate has a path")
        }
        guard isCritical(NID_key_usage) else {
            return SVIDProblem(.shape, "the key usage of a signing certificate is not critical")
        }
        return nil
    }

    /// Extensions that cannot be read, or are there twice.
    func damage() -> SVIDProblem? {
        let known = [
            (NID_basic_constraints, "basic constraints"), (NID_key_usage, "key usage"),
            (NID_ext_key_usage, "extended key usage"), (NID_subject_alt_name, "alternative names"),
        ]
        for (identifier, name) in known {
            let first = X509_get_ext_by_NID(x509, identifier, -1)
            if first >= 0, X509_get_ext_by_NID(x509, identifier, first) >= 0 {
                return SVIDProblem(.shape, "it has two extensions for \(name)")
            }
        }
        guard flags & UInt32(EXFLAG_INVALID) == 0 else {
            return SVIDProblem(.shape, "an extension of it is damaged")
        }
        return nil
    }

    private func isCritical(_ identifier: Int32) -> Bool {
        let place = X509_get_ext_by_NID(x509, identifier, -1)
        guard place >= 0, let found = X509_get_ext(x509, place) else { return false }
        return X509_EXTENSION_get_critical(found) == 1
    }
}
