/// Notes about the log itself, signed like checkpoints; their first line is never a log's origin.
enum SignedText {
    private static let dash = "— "

    static func note(_ text: String, signedBy keys: [AuditKey]) -> [UInt8] {
        let signatures = keys.map { key in
            "\(dash)\(key.origin) \(Base64.encode(key.verifier.hash + key.sign(Array(text.utf8))))\n"
        }
        return Array("\(text)\n\(signatures.joined())".utf8)
    }

    /// The lines of a note that each of these keys has signed.
    ///
    /// - Throws: ``AuditError/Code/damaged``.
    static func lines(of note: [UInt8], signedBy verifiers: [NoteVerifier]) throws(AuditError) -> [String] {
        guard let (text, signatures) = Checkpoint.parts(of: note),
            verifiers.allSatisfy({ Checkpoint.isSigned(text, by: $0, signatures: signatures) })
        else { throw AuditError(.damaged, "a note about the log does not have the signatures that it needs") }
        return unsignedLines(of: text)
    }

    static func unsignedLines(of text: [UInt8]) -> [String] {
        String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// Says that another key signs from some size on; signed by both.
///
/// The text has six lines: `lantern audit key change v1`, its number, the old verifier key, the new one, the number of
/// entries and the root hash (base64) at the change. It lies in `keys/NUMBER`.
struct KeyChange: Sendable, Hashable {
    static let maximum = 10_000
    private static let title = "lantern audit key change v1"

    let number: Int
    let old: NoteVerifier
    let new: NoteVerifier
    /// The last checkpoint of the old key, and the first of the new one, have this size.
    let size: Int
    let root: SHA256Hash

    static func path(_ number: Int) -> String { "keys/\(number)" }

    func note(signedBy old: AuditKey, and new: AuditKey) -> [UInt8] {
        SignedText.note(
            """
            \(Self.title)
            \(number)
            \(self.old.text)
            \(self.new.text)
            \(size)
            \(Base64.encode(root.bytes))

            """, signedBy: [old, new])
    }

    init(number: Int, old: NoteVerifier, new: NoteVerifier, size: Int, root: SHA256Hash) {
        self.number = number
        self.old = old
        self.new = new
        self.size = size
        self.root = root
    }

    /// - Throws: ``AuditError/Code/damaged`` when it is not signed by both keys that it names.
    init(note: [UInt8]) throws(AuditError) {
        guard note.count <= Checkpoint.maximumBytes, let (text, _) = Checkpoint.parts(of: note) else {
            throw AuditError(.damaged, "a change of keys is not a signed note")
        }
        let lines = SignedText.unsignedLines(of: text)
        guard lines.count == 6, lines[0] == Self.title, let number = Int(lines[1]), number > 0,
            let size = Int(lines[4]), size >= 0, let bytes = Base64.decode(lines[5].utf8),
            let root = SHA256Hash(bytes)
        else { throw AuditError(.damaged, "a change of keys does not have its six lines") }
        let old = try NoteVerifier(lines[2])
        let new = try NoteVerifier(lines[3])
        guard old.name == new.name else {
            throw AuditError(.damaged, "a change of keys is between two logs")
        }
        _ = try SignedText.lines(of: note, signedBy: [old, new])
        self.init(number: number, old: old, new: new, size: size, root: root)
    }

    /// All changes of a log, oldest first; each begins with the key that the one before ended with.
    static func read(from storage: any AuditStorage) throws(AuditError) -> [KeyChange] {
        var changes: [KeyChange] = []
        while changes.count < maximum, let note = try storage.read(path(changes.count + 1)) {
            let change = try KeyChange(note: note)
            guard change.number == changes.count + 1,
                changes.last.map({ $0.new == change.old && $0.size <= change.size }) ?? true
            else { throw AuditError(.damaged, "the changes of keys do not follow each other") }
            changes.append(change)
        }
        return changes
    }
}

/// The keys of a log in their order, and which sizes each has signed.
struct KeyChain: Sendable {
    private let changes: [KeyChange]
    private let verifiers: [NoteVerifier]

    /// - Parameter trusted: one of the log's keys, from elsewhere; all others are known by their signatures.
    init(trusted: NoteVerifier, changes: [KeyChange]) throws(AuditError) {
        let all = changes.isEmpty ? [trusted] : changes.map(\.old) + changes.suffix(1).map(\.new)
        guard all.contains(trusted) else {
            throw AuditError(
                .damaged, "the key \(trusted.name)+\(trusted.hashText) is none of this log's keys")
        }
        self.changes = changes
        verifiers = all
    }

    var newest: NoteVerifier? { verifiers.last }

    /// Reads a checkpoint that is signed by the key of its size.
    func checkpoint(_ note: [UInt8]) throws(AuditError) -> Checkpoint {
        for (place, verifier) in verifiers.enumerated().reversed() {
            guard let checkpoint = try? Checkpoint(note: note, verifier: verifier) else { continue }
            let from = place > 0 ? changes[place - 1].size : 0
            let to = place < changes.count ? changes[place].size : Int.max
            guard (from...to).contains(checkpoint.size) else {
                throw AuditError(
                    .damaged,
                    "the checkpoint of \(checkpoint.size) entries is signed with the key of \(from) to \(to)")
            }
            return checkpoint
        }
        let name = verifiers.last?.name ?? ""
        throw AuditError(.damaged, "the checkpoint has no valid signature of \(name)")
    }

    /// Where each key ended: the log must have had this root there.
    var anchors: [Checkpoint] {
        changes.map { Checkpoint(origin: $0.new.name, size: $0.size, root: $0.root) }
    }
}

/// Says that the log's owner has removed the oldest entries, and how many; their hashes stay.
///
/// The text has three lines: `lantern audit prune v1`, the origin and the number. It lies in `pruned`.
struct PruneMark: Sendable, Hashable {
    static let path = "pruned"
    private static let title = "lantern audit prune v1"

    let origin: String
    /// Entries below this are not kept; a multiple of 256.
    let size: Int

    init(origin: String, size: Int) {
        self.origin = origin
        self.size = size
    }

    func note(signedBy key: AuditKey) -> [UInt8] {
        SignedText.note("\(Self.title)\n\(origin)\n\(size)\n", signedBy: [key])
    }

    /// - Throws: ``AuditError/Code/damaged`` when none of the keys has signed it.
    init(note: [UInt8], keys: [NoteVerifier]) throws(AuditError) {
        for key in keys {
            guard let lines = try? SignedText.lines(of: note, signedBy: [key]) else { continue }
            guard lines.count == 3, lines[0] == Self.title, lines[1] == key.name, let size = Int(lines[2]),
                size >= 0, size % MerkleTree.tileWidth == 0
            else { break }
            self.init(origin: key.name, size: size)
            return
        }
        throw AuditError(.damaged, "what was pruned is not signed by the log's key")
    }
}

extension KeyChain {
    /// How many entries the owner has removed.
    func pruned(in storage: any AuditStorage) throws(AuditError) -> Int {
        guard let note = try storage.read(PruneMark.path) else { return 0 }
        return try PruneMark(note: note, keys: verifiers).size
    }
}
