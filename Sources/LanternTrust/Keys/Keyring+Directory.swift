internal import Glibc

extension Keyring {
    static let maximumKeys = 10_000

    /// Reads `own.key` and every `authorized/*.key` of a lantern home's `keys` directory, and `next.key` and
    /// `previous.key` when a rotation is under way.
    ///
    /// - Throws: ``TrustError`` with file and line; ``TrustError/Code/duplicateKey`` when two files have the same id.
    ///   One bad file refuses them all: a key that is silently missing is found too late.
    public init(directory: String) throws(TrustError) {
        let files = KeyDirectory(path: directory)
        let own = try HandshakeKey(contentsOf: files.own)
        // Half a step of a rotation leaves the own key in two places; it is still one key.
        let next = try Self.ownKey(files.next, unlessSameAs: own)
        let previous = try Self.ownKey(files.previous, unlessSameAs: own)
        var authorized: [AuthorizedKey] = []
        var pathByID: [String: String] = [:]
        for path in try files.authorizedFiles() {
            let key = try AuthorizedKey(contentsOf: path)
            if let other = pathByID.updateValue(path, forKey: key.id) {
                throw TrustError(
                    .duplicateKey, "\(path): key '\(key.id)' also stands in \(other); remove one of them")
            }
            authorized.append(key)
        }
        self.init(own: own, next: next, previous: previous, authorized: authorized)
    }

    private static func ownKey(
        _ path: String, unlessSameAs own: HandshakeKey
    ) throws(TrustError) -> HandshakeKey? {
        let key: HandshakeKey
        do {
            key = try HandshakeKey(contentsOf: path)
        } catch {
            guard error.code == .missingFile else { throw error }
            return nil
        }
        guard key.id == own.id else { return key }
        guard key.secret.equals(own.secret) else {
            throw TrustError(
                .duplicateKey, "\(path): own.key has the id '\(key.id)', too, and is another key")
        }
        return nil
    }
}

/// Where the keys of a lantern home lie.
package struct KeyDirectory: Sendable, Hashable {
    /// The `keys` directory.
    package let path: String

    package init(path: String) { self.path = path }

    package var own: String { path + "/own.key" }
    /// Made and given to the peers, and not used yet.
    package var next: String { path + "/next.key" }
    /// In use until the last rotation.
    package var previous: String { path + "/previous.key" }
    package var authorized: String { path + "/authorized" }

    /// The file of an authorised key.
    ///
    /// - Throws: ``TrustError/Code/badPath`` for an id that makes no file name; its file can have any other name that
    ///   ends in `.key`.
    package func authorized(_ id: String) throws(TrustError) -> String {
        guard Self.isFileName(id) else {
            throw TrustError(
                .badPath,
                "key id '\(id)' makes no file name: letters, digits, '.', '_' and '-', not beginning with '.'"
            )
        }
        return "\(authorized)/\(id).key"
    }

    /// Whether a key's file can be named after it.
    package static func isFileName(_ id: String) -> Bool {
        HandshakeKey.isID(id) && !id.hasPrefix(".")
            && id.utf8.allSatisfy { $0.isLetter || $0.isIdentitySymbol }
    }

    /// The files of all authorised keys, sorted by name; hidden ones and those with another ending are none.
    ///
    /// - Throws: ``TrustError`` when the directory cannot be read or holds more than 10,000 keys.
    package func authorizedFiles() throws(TrustError) -> [String] {
        guard let stream = opendir(authorized) else {
            let reason = errno
            throw TrustError(
                reason == ENOENT ? .missingDirectory : .unreadableFile,
                "directory \(authorized): \(String(cString: strerror(reason)))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".key"), !name.hasPrefix(".") else { continue }
            guard names.count < Keyring.maximumKeys else {
                throw TrustError(
                    .fileTooLarge, "directory \(authorized) has more than \(Keyring.maximumKeys) keys")
            }
            names.append(name)
        }
        return names.sorted().map { "\(authorized)/\($0)" }
    }
}
