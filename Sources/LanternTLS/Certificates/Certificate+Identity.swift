import COpenSSL
import LanternTrust

extension Certificate {
    /// Why a certificate has no identity, in words that name no bytes of it.
    struct IdentityProblem: Error {
        let detail: String
    }

    /// Everything that the layers above want to know.
    func facts(identitySource: TLSSettings.IdentitySource) throws(IdentityProblem) -> PeerCertificate {
        PeerCertificate(
            identity: try identity(from: identitySource), fingerprint: fingerprint, notBefore: notBefore,
            notAfter: notAfter, subject: subject, serialNumber: serialNumber)
    }

    /// The one name that says who this is.
    func identity(from source: TLSSettings.IdentitySource) throws(IdentityProblem) -> PeerIdentity {
        let (type, kind) = source == .spiffe ? (GEN_URI, "URI") : (GEN_DNS, "DNS")
        let names = alternativeNames(ofType: Int32(type))
        guard let names else {
            throw IdentityProblem(detail: "its list of alternative names is not readable")
        }
        guard names.count == 1, let name = names.first else {
            throw IdentityProblem(detail: "it has \(names.count) \(kind) names where exactly one is needed")
        }
        guard let text = String(validating: name, as: UTF8.self) else {
            throw IdentityProblem(detail: "its \(kind) name is not text")
        }
        do {
            return source == .spiffe ? PeerIdentity(try SPIFFEID(text)) : try PeerIdentity(dnsName: text)
        } catch {
            throw IdentityProblem(detail: "its \(kind) name is not an identity: \(error.detail)")
        }
    }

    /// The names of one type; `nil` when the extension is damaged or there twice.
    private func alternativeNames(ofType type: Int32) -> [[UInt8]]? {
        var critical: Int32 = 0
        guard let list = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, nil) else {
            return critical == -1 ? [] : nil
        }
        let names = OpaquePointer(list)
        defer { GENERAL_NAMES_free(names) }
        var found: [[UInt8]] = []
        for index in 0..<max(0, lantern_GENERAL_NAMES_count(names))
        where lantern_GENERAL_NAMES_type(names, index) == type {
            guard let text = lantern_GENERAL_NAMES_text(names, index) else { return nil }
            let length = Int(ASN1_STRING_length(text))
            guard length > 0, let bytes = ASN1_STRING_get0_data(text) else { return nil }
            found.append(Array(UnsafeBufferPointer(start: bytes, count: length)))
        }
        return found
    }
}
