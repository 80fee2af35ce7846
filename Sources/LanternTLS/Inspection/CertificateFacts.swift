import COpenSSL
import LanternTrust

/// What stands in a certificate of one of our own files, for people. Nothing here decides who gets in.
package struct CertificateFacts: Sendable, Hashable {
    /// RFC 2253 form.
    package let subject: String
    package let issuer: String
    /// Hexadecimal, lower case.
    package let serialNumber: String
    /// Seconds since 1970, as ``notAfter``.
    package let notBefore: Int64
    package let notAfter: Int64
    package let isAuthority: Bool
    package let dnsNames: [String]
    package let uris: [String]
    /// IPv4 and IPv6 addresses in their usual form.
    package let addresses: [String]

    /// All certificates of a PEM file, in order.
    ///
    /// - Throws: ``TLSError/Code/unreadableFile``; ``TLSError/Code/badFile`` when there is none in it, or the rest
    ///   is damaged.
    package static func read(_ path: String) throws(TLSError) -> [Self] {
        let certificates = try CertificateStack(file: path)
        return certificates.indices.map { Self(certificates[$0]) }
    }

    init(_ certificate: borrowing Certificate) {
        subject = certificate.subject
        issuer = certificate.issuer
        serialNumber = certificate.serialNumber
        notBefore = certificate.notBefore
        notAfter = certificate.notAfter
        isAuthority = X509_check_ca(certificate.x509) != 0
        dnsNames = certificate.names(ofType: GEN_DNS).map {
            String(decoding: $0, as: UTF8.self)
        }
        uris = certificate.names(ofType: GEN_URI).map { String(decoding: $0, as: UTF8.self) }
        addresses = certificate.names(ofType: GEN_IPADD).compactMap(IPAddressText.text)
    }

    /// Whether a client that calls this host name or address takes the certificate.
    package func isFor(_ host: String) -> Bool {
        let host = host.lowercased()
        if ServerNameCheck.isAddress(host[...]) {
            return IPAddressText.canonical(host).map(addresses.contains) ?? false
        }
        return dnsNames.contains { name in
            let name = name.lowercased()
            guard name.hasPrefix("*.") else { return name == host }
            // One label for the star, and no more.
            guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
            return host[dot...] == name.dropFirst()
        }
    }
}

/// The certificates of one PEM file.
struct CertificateStack {
    private let owners: [Owner]

    /// One `X509 *`; a class, since an array cannot hold what is not copyable.
    final class Owner {
        let certificate: Certificate
        init(_ certificate: consuming Certificate) { self.certificate = certificate }
    }

    static let maximumCount = 1_000

    init(file path: String) throws(TLSError) {
        let bytes = try PlainFile.read(path, as: "certificate file")
        guard let bio = MemoryBIO(reading: bytes) else {
            throw TLSError(.internalError, "no memory", hint: path)
        }
        OpenSSLQueue.clear()
        var owners: [Owner] = []
        while owners.count < Self.maximumCount, let x509 = PEM_read_bio_X509(bio.pointer, nil, nil, nil) {
            owners.append(Owner(Certificate(adopting: x509)))
        }
        let rest = OpenSSLQueue.drain()
        let endedCleanly = rest.entries.allSatisfy {
            $0.library == ERR_LIB_PEM && $0.reason == PEM_R_NO_START_LINE
        }
        guard !owners.isEmpty else { throw TLSError(.badFile, "the file holds no certificate", hint: path) }
        guard endedCleanly else {
            throw TLSError(
                .badFile, "certificate \(owners.count + 1) of the file is damaged (\(rest.text))", hint: path)
        }
        self.owners = owners
    }

    var indices: Range<Int> { owners.indices }
    subscript(index: Int) -> Certificate { _read { yield owners[index].certificate } }
}

extension Certificate {
    /// RFC 2253 form, at most 256 bytes of it.
    var issuer: String {
        guard let bio = MemoryBIO() else { return "" }
        X509_NAME_print_ex(bio.pointer, X509_get_issuer_name(x509), 0, lantern_XN_FLAG_RFC2253())
        return String(decoding: bio.contents.prefix(256), as: UTF8.self)
    }

    /// The alternative names of one type; none when there are none that can be read.
    func names(ofType type: Int32) -> [[UInt8]] {
        guard let list = X509_get_ext_d2i(x509, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(list)
        defer { GENERAL_NAMES_free(names) }
        var found: [[UInt8]] = []
        for index in 0..<max(0, lantern_GENERAL_NAMES_count(names))
        where lantern_GENERAL_NAMES_type(names, index) == type {
            guard let text = lantern_GENERAL_NAMES_text(names, index),
                let bytes = ASN1_STRING_get0_data(text)
            else { continue }
            found.append(Array(UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(text)))))
        }
        return found
    }
}
