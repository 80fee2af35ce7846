import Synchronization

/// The newest checkpoint of each audit log that servers have shown, so that a rewritten history is noticed.
///
/// Logs are told apart by the server's identity and the log's name; the key that a log had first is believed, and each
/// key that it signs. At most ``maximum`` logs are remembered, in files when there is a directory.
package final class CheckpointMemory: Sendable {
    package static let maximum = 256
    /// A verifier key and a checkpoint; more is not looked at.
    package static let maximumHandout = 4096

    /// What a checkpoint that a server shows means beside what it showed before.
    package enum Verdict: Sendable, Hashable {
        /// Nothing new, or the first of this log.
        case fits
        /// The server must prove that the larger log continues the smaller one.
        case mustProve(Question)
        /// The server has shown two histories.
        case rewritten(String)
        /// It is no checkpoint, or there are too many logs already.
        case ignored(String)
    }

    /// Two checkpoints, of which the later must continue the earlier.
    package struct Question: Sendable, Hashable {
        package let smaller: Int
        package let larger: Int
        /// Whether the key has changed: the server must show the changes.
        package let needsKeys: Bool
        let place: String
        let shown: [UInt8]
    }

    private struct Seen: Sendable {
        var verifier: NoteVerifier
        var checkpoint: Checkpoint
        var bytes: [UInt8]
    }

    private struct State {
        var seen: [String: Seen] = [:]
        var asking: Set<String> = []
        var looked: Set<String> = []
    }

    private let storage: DirectoryStorage?
    private let state = Mutex(State())

    /// - Parameter directory: made when there is something to keep; nil keeps it in memory.
    package init(directory: String? = nil) {
        storage = directory.map { DirectoryStorage(readingDirectory: $0) }
    }

    /// What a server hands out: the verifier key on one line, then the note.
    package static func handout(verifierKey: String, note: [UInt8]) -> [UInt8] {
        Array(verifierKey.utf8) + [10] + note
    }

    /// Judges what a server has shown; takes up what is new of a log that was not known.
    ///
    /// - Parameter identity: who showed it, as certificate and handshake prove it.
    package func judge(_ shown: [UInt8], from identity: String) -> Verdict {
        guard let found = Self.parse(shown) else { return .ignored("no checkpoint that its key has signed") }
        let place = Self.place(identity, found.verifier.name)
        loadOnce(place)
        return state.withLock { state in
            guard let known = state.seen[place] else {
                guard state.seen.count < Self.maximum else { return .ignored("too many logs") }
                state.seen[place] = found
                keep(found, at: place)
                return .fits
            }
            let (old, new) = (known.checkpoint, found.checkpoint)
            if known.verifier == found.verifier, old.size == new.size {
                return old.root == new.root
                    ? .fits : .rewritten("two root hashes for the same \(old.size) entries")
            }
            guard state.asking.insert(place).inserted else { return .fits }
            return .mustProve(
                Question(
                    smaller: min(old.size, new.size), larger: max(old.size, new.size),
                    needsKeys: known.verifier != found.verifier, place: place, shown: shown))
        }
    }

    /// Takes the server's answer; nil when it could not be had, which proves nothing.
    ///
    /// - Parameters:
    ///   - hashes: the proof, base64; nil when the server says that it has not that many entries.
    ///   - keyChanges: the notes that ``Question/needsKeys`` asked for.
    package func settle(_ question: Question, hashes: [String]?, keyChanges: [String]) -> Verdict {
        state.withLock { state in
            state.asking.remove(question.place)
            guard let known = state.seen[question.place], let found = Self.parse(question.shown) else {
                return .fits
            }
            let (old, new) = (known.checkpoint, found.checkpoint)
            // Another connection has taken up a newer one meanwhile: the next handshake asks again.
            guard min(old.size, new.size) == question.smaller, max(old.size, new.size) == question.larger
            else {
                return .fits
            }
            if question.needsKeys {
                guard Self.isKey(found.verifier, ofLogWith: known.verifier, keyChanges) else {
                    return .rewritten("another key signs, and the old one has not announced it")
                }
            }
            guard let hashes else {
                return .rewritten("the log has fewer entries than the \(question.larger) that it had")
            }
            let (smaller, larger) = old.size <= new.size ? (old, new) : (new, old)
            let proof = hashes.prefix(64).compactMap { Base64.decode($0.utf8).flatMap { SHA256Hash($0) } }
            guard proof.count == hashes.count,
                MerkleProof.verifies(proof, from: smaller.size, smaller.root, to: larger.size, larger.root)
            else {
                return .rewritten(
                    "what it has as \(larger.size) entries does not continue the \(smaller.size) shown before"
                )
            }
            if new.size >= old.size {
                state.seen[question.place] = found
                keep(found, at: question.place)
            }
            return .fits
        }
    }

    /// Nothing could be asked: the next handshake tries again.
    package func giveUp(_ question: Question) {
        state.withLock { _ = $0.asking.remove(question.place) }
    }

    /// Puts both histories beside each other, for people; the first such finding stays.
    package func keepEvidence(_ shown: [UInt8], from identity: String) {
        guard let storage, let found = Self.parse(shown) else { return }
        let place = Self.place(identity, found.verifier.name)
        guard let known = state.withLock({ $0.seen[place] }) else { return }
        let path = place + ".rewritten"
        if (try? storage.read(path)) != nil { return }
        try? storage.write([AuditFile(path: path, bytes: known.bytes + [10] + found.bytes)])
    }

    private static func parse(_ shown: [UInt8]) -> Seen? {
        guard shown.count <= maximumHandout, let end = shown.firstIndex(of: 10),
            let text = String(validating: shown[..<end], as: UTF8.self),
            let verifier = try? NoteVerifier(text),
            let checkpoint = try? Checkpoint(note: Array(shown[(end + 1)...]), verifier: verifier)
        else { return nil }
        return Seen(verifier: verifier, checkpoint: checkpoint, bytes: shown)
    }

    /// Whether a chain of changes leads from one key to the other, in either direction.
    private static func isKey(
        _ new: NoteVerifier, ofLogWith old: NoteVerifier, _ notes: [String]
    ) -> Bool {
        guard notes.count <= KeyChange.maximum else { return false }
        let changes = notes.compactMap { try? KeyChange(note: Array($0.utf8)) }
        guard changes.count == notes.count,
            zip(changes, changes.dropFirst()).allSatisfy({ $0.new == $1.old })
        else { return false }
        let keys = changes.map(\.old) + changes.suffix(1).map(\.new)
        return keys.contains(old) && keys.contains(new)
    }

    private static func place(_ identity: String, _ origin: String) -> String {
        String(SHA256Hash.of(Array("\(identity)\n\(origin)".utf8)).hexadecimal.prefix(32))
    }

    private func loadOnce(_ place: String) {
        guard let storage, state.withLock({ $0.looked.count < 4096 && $0.looked.insert(place).inserted })
        else {
            return
        }
        guard let bytes = try? storage.read(place), let found = Self.parse(bytes) else { return }
        state.withLock { if $0.seen[place] == nil { $0.seen[place] = found } }
    }

    /// That a file cannot be written costs memory of it, and holds no call up.
    private func keep(_ seen: Seen, at place: String) {
        try? storage?.write([AuditFile(path: place, bytes: seen.bytes)])
    }
}
