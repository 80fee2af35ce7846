import COpenSSL
import LanternTrust

extension Certificate {
    /// Everything that the layers above want to know.
    func facts(identitySource: TLSSettings.IdentitySource) throws(SVIDProblem) -> PeerCertificate {
        facts(of: try identity(from: identitySource))
    }

    func facts(of identity: PeerIdentity) -> PeerCertificate {
        PeerCertificate(
            identity: identity, fingerprint: fingerprint, notBefore: notBefore, notAfter: notAfter,
            subject: subject, serialNumber: serialNumber)
    }

    /// The one name that says who this is.
    func identity(from source: TLSSettings.IdentitySource) throws(SVIDProblem) -> PeerIdentity {
        let (type, kind) = source == .spiffe ? (GEN_URI, "URI") : (GEN_DNS, "DNS")
        guard let names = alternativeNames(ofType: type) else {
            throw SVIDProblem(.identity, "its list of alternative names is not readable")
        }
        guard names.count == 1, let name = names.first else {
            throw SVIDProblem(.identity, "it has \(names.count) \(kind) names where exactly one is needed")
        }
        guard name.allSatisfy({ $0 < 0x80 }) else {
            throw SVIDProblem(.identity, "its \(kind) name holds bytes that are not ASCII")
        }
        let text = String(decoding: name, as: UTF8.self)
        do throws(TrustError) {
            guard source == .spiffe else { return try PeerIdentity(dnsName: text) }
            let id = try SPIFFEID(text)
            if !id.path.isEmpty { return PeerIdentity(id) }
        } catch {
            throw SVIDProblem(.identity, "its \(kind) name is not an identity: \(error.detail)")
        }
        throw SVIDProblem(
            .identity,
            "its URI name is not an identity: the SPIFFE ID of a trust domain, without a path, is no peer's")
    }

    /// The trust domain that it claims; nil when it has no SPIFFE ID.
    var claimedTrustDomain: String? {
        guard let names = alternativeNames(ofType: GEN_URI), names.count == 1, let name = names.first else {
            return nil
        }
        return (try? SPIFFEID(String(decoding: name, as: UTF8.self)))?.trustDomain
    }

    /// The names of one type; `nil` when the extension is damaged or there twice.
    func alternativeNames(ofType type: Int32) -> [[UInt8]]? {
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
