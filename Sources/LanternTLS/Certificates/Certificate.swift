import COpenSSL
import LanternTrust

/// One X.509 certificate.
///
/// Owns an `X509 *`, one reference, given back in `deinit`.
struct Certificate: ~Copyable {
    let x509: OpaquePointer

    init(adopting x509: OpaquePointer) { self.x509 = x509 }
    init(retaining x509: OpaquePointer) {
        X509_up_ref(x509)
        self.x509 = x509
    }
    deinit { X509_free(x509) }

    /// Reads the first certificate of a PEM text.
    ///
    /// - Returns: `nil` when there is none.
    init?(pem: [UInt8]) {
        guard let bio = MemoryBIO(reading: pem) else { return nil }
        OpenSSLQueue.clear()
        guard let x509 = PEM_read_bio_X509(bio.pointer, nil, nil, nil) else {
            OpenSSLQueue.clear()
            return nil
        }
        self.init(adopting: x509)
    }

    /// SHA-256 of the DER form; empty only when OpenSSL has no SHA-256.
    var fingerprint: [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        guard X509_digest(x509, EVP_sha256(), &digest, &length) == 1, length == 32 else { return [] }
        return digest
    }

    var notBefore: Int64 { Self.seconds(X509_get0_notBefore(x509)) ?? .max }
    var notAfter: Int64 { Self.seconds(X509_get0_notAfter(x509)) ?? .min }

    /// RFC 2253 form, at most 256 bytes of it.
    var subject: String { Self.text(of: X509_get_subject_name(x509)) }

    /// The same of any name.
    static func text(of name: OpaquePointer?) -> String {
        guard let name, let bio = MemoryBIO() else { return "" }
        X509_NAME_print_ex(bio.pointer, name, 0, lantern_XN_FLAG_RFC2253())
        return String(decoding: bio.contents.prefix(256), as: UTF8.self)
    }

    /// SHA-256 of a name in DER; empty only when OpenSSL has no SHA-256.
    static func digest(of name: OpaquePointer?) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        guard let name, X509_NAME_digest(name, EVP_sha256(), &digest, &length) == 1, length == 32 else {
            return []
        }
        return digest
    }

    /// Hexadecimal, lower case.
    var serialNumber: String {
        guard let serial = X509_get0_serialNumber(x509), let length = Optional(ASN1_STRING_length(serial)),
            length <= 64, let bytes = ASN1_STRING_get0_data(serial)
        else { return "" }
        let digits = UnsafeBufferPointer(start: bytes, count: Int(length))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return digits.isEmpty ? "00" : digits
    }

    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }
}
