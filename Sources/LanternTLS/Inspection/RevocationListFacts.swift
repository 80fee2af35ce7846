import COpenSSL
import Glibc

/// What stands in a revocation list of one of our own files, for people.
package struct RevocationListFacts: Sendable, Hashable {
    /// RFC 2253 form.
    package let issuer: String
    /// Seconds since 1970, as ``nextUpdate``.
    package let thisUpdate: Int64
    /// When it runs out; nil when it says nothing, which Lantern does not take.
    package let nextUpdate: Int64?

    /// All lists of a PEM file, in order.
    ///
    /// - Throws: ``TLSError/Code/unreadableFile``, ``TLSError/Code/badFile``.
    package static func read(_ path: String) throws(TLSError) -> [Self] {
        let bytes = try PlainFile.read(path, as: "revocation list file")
        guard let bio = MemoryBIO(reading: bytes) else {
            throw TLSError(.internalError, "no memory", hint: path)
        }
        OpenSSLQueue.clear()
        var found: [Self] = []
        while found.count < 1_000, let list = PEM_read_bio_X509_CRL(bio.pointer, nil, nil, nil) {
            defer { X509_CRL_free(list) }
            found.append(Self(list))
        }
        let rest = OpenSSLQueue.drain()
        let endedCleanly = rest.entries.allSatisfy {
            $0.library == ERR_LIB_PEM && $0.reason == PEM_R_NO_START_LINE
        }
        guard !found.isEmpty, endedCleanly else {
            throw TLSError(.badFile, "the revocation list file is damaged or empty", hint: path)
        }
        return found
    }

    private init(_ list: OpaquePointer) {
        issuer = Self.name(X509_CRL_get_issuer(list))
        thisUpdate = Self.seconds(X509_CRL_get0_lastUpdate(list)) ?? .max
        nextUpdate = Self.seconds(X509_CRL_get0_nextUpdate(list))
    }

    private static func name(_ name: OpaquePointer?) -> String {
        guard let bio = MemoryBIO() else { return "" }
        X509_NAME_print_ex(bio.pointer, name, 0, lantern_XN_FLAG_RFC2253())
        return String(decoding: bio.contents.prefix(256), as: UTF8.self)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        guard let time else { return nil }
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }
}
