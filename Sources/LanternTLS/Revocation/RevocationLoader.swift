import COpenSSL
import Glibc

/// Reads revocation lists into a store of trust roots. Borrows the pointer.
struct RevocationLoader {
    /// Files of one directory.
    static let maximumFiles = 1_024

    let settings: TLSSettings
    let store: OpaquePointer

    /// - Throws: ``TLSError/Code/unreadableFile`` or ``TLSError/Code/badFile`` with the file: also for a list that
    ///   never ends, for a delta list, and for one that a root of ours of that name did not sign.
    ///   ``TLSError/Code/revocationUnknown`` when lists are required and there is none.
    func load() throws(TLSError) -> [RevocationList] {
        var lists: [RevocationList] = []
        for path in try files() { lists += try load(path) }
        guard !lists.isEmpty || settings.revocation != .required else {
            throw TLSError(
                .revocationUnknown, "revocation lists are required and there is none",
                hint: settings.revocationPlace)
        }
        return lists
    }

    private var mayBeMissing: Bool { settings.revocation != .whenNamed }

    private func files() throws(TLSError) -> [String] {
        var files: [String] = []
        if let path = settings.crlFile, !mayBeMissing || access(path, F_OK) == 0 { files.append(path) }
        guard let directory = settings.crlDirectory else { return files }
        guard let stream = opendir(directory) else {
            let reason = errno
            if reason == ENOENT, mayBeMissing { return files }
            throw PlainFile.unreadable("directory of revocation lists", directory, reason)
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".pem"), !name.hasPrefix(".") else { continue }
            files.append("\(directory)/\(name)")
            guard files.count <= Self.maximumFiles else {
                throw TLSError(
                    .badFile, "there are more than \(Self.maximumFiles) revocation lists", hint: directory)
            }
        }
        return files.sorted()
    }

    private func load(_ path: String) throws(TLSError) -> [RevocationList] {
        let bytes = try PlainFile.read(path, as: "revocation list file")
        guard let bio = MemoryBIO(reading: bytes) else {
            throw TLSError(.internalError, "no memory", hint: path)
        }
        OpenSSLQueue.clear()
        var lists: [RevocationList] = []
        while let list = PEM_read_bio_X509_CRL(bio.pointer, nil, nil, nil) {
            defer { X509_CRL_free(list) }
            lists.append(try facts(of: list, path))
            guard X509_STORE_add_crl(store, list) == 1 else {
                let reason = OpenSSLQueue.drain().text
                throw TLSError(.badFile, "a revocation list cannot be used (\(reason))", hint: path)
            }
        }
        // "No start line" is how the end of the file reads; anything else is damage and fails closed.
        let rest = OpenSSLQueue.drain()
        let endedCleanly = rest.entries.allSatisfy {
            $0.library == ERR_LIB_PEM && $0.reason == PEM_R_NO_START_LINE
        }
        guard !lists.isEmpty, endedCleanly else {
            throw TLSError(
                .badFile, "the revocation list file is damaged or empty (\(rest.text))", hint: path)
        }
        return lists
    }

    private func facts(of list: OpaquePointer, _ path: String) throws(TLSError) -> RevocationList {
        guard let name = X509_CRL_get_issuer(list),
            let thisUpdate = Certificate.seconds(X509_CRL_get0_lastUpdate(list))
        else { throw TLSError(.badFile, "a revocation list has no issuer or no date", hint: path) }
        let issuer = Certificate.text(of: name)
        guard let nextUpdate = Certificate.seconds(X509_CRL_get0_nextUpdate(list)) else {
            throw TLSError(
                .badFile, "the revocation list of '\(issuer)' does not say when the next one comes",
                hint: path)
        }
        guard X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0 else {
            throw TLSError(
                .badFile, "the list of '\(issuer)' holds changes only; publish the whole list", hint: path)
        }
        guard isSigned(list, by: name) else {
            throw TLSError(
                .badFile,
                "the revocation list of '\(issuer)' is not signed by the trusted authority of that name",
                hint: path)
        }
        return RevocationList(
            issuer: issuer, issuerDigest: Certificate.digest(of: name), thisUpdate: thisUpdate,
            nextUpdate: nextUpdate, count: Int(lantern_X509_CRL_count(list)), file: path)
    }

    /// Whether one of the roots with that name signed it. An issuer that is no root is known only when a peer shows
    /// it; its signature is checked then.
    private func isSigned(_ list: OpaquePointer, by name: OpaquePointer) -> Bool {
        var isKnown = false
        for index in 0..<lantern_X509_STORE_object_count(store) {
            guard let root = lantern_X509_STORE_certificate(store, index),
                X509_NAME_cmp(X509_get_subject_name(root), name) == 0
            else { continue }
            isKnown = true
            OpenSSLQueue.clear()
            let isRight = X509_CRL_verify(list, X509_get0_pubkey(root)) == 1
            OpenSSLQueue.clear()
            if isRight { return true }
        }
        return !isKnown
    }
}
