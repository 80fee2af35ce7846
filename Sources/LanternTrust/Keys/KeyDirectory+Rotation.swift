internal import Glibc

/// The two phases of a rotation: a new key is made and given to the peers (`next.key`); later it takes the place of
/// `own.key`, which stays as `previous.key` until nobody needs it.
///
/// Each step is one rename, so that a program that reads meanwhile finds the old state or the new one; a step that was
/// interrupted is done by doing it again.
extension KeyDirectory {
    /// What a rotation has come to.
    package enum Phase: String, Sendable, Hashable {
        case none
        /// There is a next key that is not used yet.
        case prepared
        /// The next key has become the own one; the old one is still there.
        case inUse = "in use"
    }

    package func phase() throws(TrustError) -> Phase {
        let own = try HandshakeKey(contentsOf: own)
        if let next = try Self.key(next), next.id != own.id { return .prepared }
        if let previous = try Self.key(previous), previous.id != own.id { return .inUse }
        return .none
    }

    /// The id of the key after the one with this id: a number at its end counts up.
    package static func successor(of id: String) -> String {
        guard let dash = id.lastIndex(of: "-"), let number = Int(id[id.index(after: dash)...]), number >= 0,
            number < .max
        else { return id + "-2" }
        return id[...dash] + String(number + 1)
    }

    /// Puts a key into `next.key`, and lets this end believe it as it believes its own key now.
    ///
    /// - Throws: ``TrustError/Code/duplicateKey`` when a rotation is under way or another key has the id.
    package func prepare(_ key: HandshakeKey) throws(TrustError) {
        let ring = try Keyring(directory: path)
        guard ring.next == nil else {
            throw TrustError(
                .duplicateKey, "\(next): a next key is there; use it or retire '\(ring.next?.id ?? "")'")
        }
        guard ring.previous == nil else {
            throw TrustError(
                .duplicateKey,
                "\(previous): the last rotation is not finished; retire '\(ring.previous?.id ?? "")' first")
        }
        guard ring.own.id != key.id, !ring.authorized.contains(where: { $0.id == key.id }) else {
            throw TrustError(.duplicateKey, "\(path): there is a key '\(key.id)' already; choose another id")
        }
        // The end may be a peer of itself: then it must believe the key before it uses it.
        try accept(key, like: ring.own)
        try key.write(to: next)
    }

    /// Authorises a key for all who may use another one of the same end.
    ///
    /// - Returns: whether the other one was authorised here.
    @discardableResult
    package func accept(_ key: HandshakeKey, like old: HandshakeKey) throws(TrustError) -> Bool {
        guard let known = try authorizedKey(old.id),
            known.isSameKey(as: try old.authorizedKey(for: known.identities))
        else { return false }
        try key.authorizedKey(for: known.identities, role: known.role).write(to: authorized(key.id))
        return true
    }

    /// Makes the next key the own one.
    ///
    /// - Parameter milliseconds: now, since 1970: a key outside of its window would be refused by every peer.
    /// - Throws: ``TrustError/Code/missingFile`` when none was prepared.
    package func useNext(at milliseconds: Int64) throws(TrustError) {
        guard let new = try Self.key(next) else {
            throw TrustError(.missingFile, "\(next) does not exist: no rotation was prepared")
        }
        if let objection = new.validity.objection(to: "the next key '\(new.id)'", at: milliseconds) {
            throw objection
        }
        try exchange(keeping: previous, taking: next)
    }

    /// Takes back ``useNext(at:)``.
    ///
    /// - Throws: ``TrustError/Code/missingFile`` when there is no previous key.
    package func usePrevious(at milliseconds: Int64) throws(TrustError) {
        guard let old = try Self.key(previous) else {
            throw TrustError(.missingFile, "\(previous) does not exist: there is no rotation to take back")
        }
        if let objection = old.validity.objection(to: "the previous key '\(old.id)'", at: milliseconds) {
            throw objection
        }
        try exchange(keeping: next, taking: previous)
    }

    /// Removes every file of a key: of a peer's, of the next one, of the previous one.
    ///
    /// - Returns: the files that were removed.
    /// - Throws: ``TrustError/Code/wrongKeyKind`` for the key that is in use; ``TrustError/Code/unknownKey``.
    package func retire(_ id: String) throws(TrustError) -> [String] {
        guard try HandshakeKey(contentsOf: own).id != id else {
            throw TrustError(
                .wrongKeyKind, "key '\(id)' is in use by this end; rotate it, then retire the old one")
        }
        var files: [String] = []
        for path in [next, previous] where try Self.key(path)?.id == id { files.append(path) }
        for path in try authorizedFiles() where try AuthorizedKey(contentsOf: path).id == id {
            files.append(path)
        }
        guard !files.isEmpty else {
            throw TrustError(.unknownKey, "\(path): there is no key '\(id)'")
        }
        for file in files { try KeyFileWriter.remove(file) }
        return files
    }

    /// The authorised key with this id, whatever its file is called.
    package func authorizedKey(_ id: String) throws(TrustError) -> AuthorizedKey? {
        for path in try authorizedFiles() {
            let key = try AuthorizedKey(contentsOf: path)
            if key.id == id { return key }
        }
        return nil
    }

    /// The own key goes to one place, and another one comes from another place.
    private func exchange(keeping kept: String, taking taken: String) throws(TrustError) {
        try HandshakeKey(contentsOf: own).write(to: kept)
        try KeyFileWriter.rename(taken, to: own)
    }

    private static func key(_ path: String) throws(TrustError) -> HandshakeKey? {
        do {
            return try HandshakeKey(contentsOf: path)
        } catch {
            guard error.code == .missingFile else { throw error }
            return nil
        }
    }
}
