import COpenSSL
import Glibc
package import LanternTrust

/// A certificate authority whose key lies on this host: for laptops, demos and small sites.
///
/// What it issues holds against the strict X.509 checks of OpenSSL and of Python 3.13: key identifiers on
/// both sides, critical constraints and key usage, a root that is one.
package struct LocalAuthority: Sendable {
    /// The kinds of keys that it makes.
    package enum KeyKind: Sendable {
        case p256
        case ed25519
    }

    package let certificateFile: String
    package let keyFile: String

    /// An authority that exists.
    ///
    /// - Throws: ``TLSError`` about the two files, also when they do not belong together.
    package init(certificateFile: String, keyFile: String) throws(TLSError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        _ = try load()
    }

    private init(creating certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// Makes a key and a self-signed root, and writes both: the key with mode 0600, the certificate with 0644.
    ///
    /// - Parameters:
    ///   - name: the common name, 1 to 64 printable characters.
    ///   - notAfter: seconds since 1970; ten years from now unless given.
    package static func create(
        name: String, certificateFile: String, keyFile: String, keyKind: KeyKind = .p256,
        notBefore: Int64? = nil, notAfter: Int64? = nil
    ) throws(TLSError) -> LocalAuthority {
        let now = Int64(time(nil))
        let key = try keyKind.generate()
        let draft = try CertificateDraft(
            subject: name, key: key,
            validity: try Validity(notBefore ?? now - 300, notAfter ?? now + 3650 * Validity.day))
        try draft.setIssuerToSubject()
        try draft.add([
            (NID_basic_constraints, "critical,CA:TRUE"),
            (NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign"),
            (NID_subject_key_identifier, "hash"),
        ])
        try draft.sign(with: key)
        try PEMFile.write(try key.pem(), to: keyFile, mode: 0o600)
        try PEMFile.write(try draft.pem(), to: certificateFile, mode: 0o644)
        return LocalAuthority(creating: certificateFile, keyFile: keyFile)
    }

    /// Makes a key and a certificate for a peer that may be server and client, and writes both.
    ///
    /// - Parameters:
    ///   - notBefore: seconds since 1970; five minutes ago unless given.
    ///   - notAfter: seconds since 1970; a year from now unless given. May lie in the past.
    package func issue(
        identity: SPIFFEID, dnsNames: [String] = [], addresses: [String] = [], notBefore: Int64? = nil,
        notAfter: Int64? = nil, keyKind: KeyKind = .p256, certificateFile: String, keyFile: String
    ) throws(TLSError) {
        let now = Int64(time(nil))
        let names = try Self.alternativeNames(identity, dnsNames, addresses)
        let validity = try Validity(notBefore ?? now - 300, notAfter ?? now + 365 * Validity.day)
        let authority = try load()
        let key = try keyKind.generate()
        let name = identity.path.split(separator: "/").last.map(String.init) ?? identity.trustDomain
        let draft = try CertificateDraft(subject: String(name.prefix(64)), key: key, validity: validity)
        try draft.setIssuer(authority.certificate)
        try draft.add(
            [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "serverAuth,clientAuth"),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid:always"),
                (NID_subject_alt_name, names),
            ], issuer: authority.certificate)
        try draft.sign(with: authority.key)
        try PEMFile.write(try key.pem(), to: keyFile, mode: 0o600)
        try PEMFile.write(try draft.pem(), to: certificateFile, mode: 0o644)
    }

    /// The alternative names in OpenSSL's text form. Each is checked first: a comma would start another name.
    private static func alternativeNames(
        _ identity: SPIFFEID, _ dnsNames: [String], _ addresses: [String]
    ) throws(TLSError) -> String {
        var names = ["URI:\(identity)"]
        for name in dnsNames {
            let bare = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            do { _ = try PeerIdentity(dnsName: bare) } catch {
                throw TLSError(
                    .badSetting, "'\(name.prefix(64))' is no DNS name", hint: "the DNS names asked for")
            }
            names.append("DNS:\(name)")
        }
        for address in addresses {
            guard ServerNameCheck.isAddress(address[...]) else {
                throw TLSError(
                    .badSetting, "'\(address.prefix(64))' is no IP address", hint: "the addresses asked for")
            }
            names.append("IP:\(address)")
        }
        return names.joined(separator: ",")
    }

    /// Certificate and key, found to belong together.
    func load() throws(TLSError) -> AuthorityPair {
        let pem = try PlainFile.read(certificateFile, as: "authority's certificate")
        guard let certificate = Certificate(pem: pem) else {
            throw TLSError(
                .badFile, "the authority's certificate file holds no certificate", hint: certificateFile)
        }
        let key = try PrivateKey(file: keyFile, passwordSource: nil)
        guard X509_check_private_key(certificate.x509, key.pointer) == 1 else {
            OpenSSLQueue.clear()
            throw TLSError(
                .keyMismatch, "the authority's key \(keyFile) is not its certificate's", hint: certificateFile
            )
        }
        guard X509_check_ca(certificate.x509) == 1 else {
            throw TLSError(.badFile, "the certificate is not an authority's", hint: certificateFile)
        }
        return AuthorityPair(certificate: certificate, key: key)
    }
}

/// The certificate and the key of an authority.
struct AuthorityPair: ~Copyable {
    let certificate: Certificate
    let key: PrivateKey
}
