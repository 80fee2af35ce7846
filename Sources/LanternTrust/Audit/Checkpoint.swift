/// The head of the log: origin, number of entries, root hash; written as a signed note.
///
/// - Source: C2SP tlog-checkpoint and signed-note.
struct Checkpoint: Sendable, Hashable {
    /// A note is refused above this, before it is read as text.
    static let maximumBytes = 64 * 1024
    private static let dash = "— "

    let origin: String
    let size: Int
    let root: SHA256Hash

    init(origin: String, size: Int, root: SHA256Hash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// What is signed: three lines, each ended.
    var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    func note(signedBy key: AuditKey) -> [UInt8] {
        Array("\(text)\n\(Self.dash)\(key.origin) \(Base64.encode(signature(by: key)))\n".utf8)
    }

    /// Key hash and signature, as they stand in a note.
    func signature(by key: AuditKey) -> [UInt8] { key.verifier.hash + key.sign(Array(text.utf8)) }

    func isSigned(_ signature: [UInt8], by verifier: NoteVerifier) -> Bool {
        signature.starts(with: verifier.hash)
            && verifier.verifies(Array(signature.dropFirst(4)), of: Array(text.utf8))
    }

    /// Reads a note and checks the signature of this key; signatures of other keys are passed over.
    init(note: [UInt8], verifier: NoteVerifier) throws(AuditError) {
        guard let (signed, signatures) = Self.parts(of: note) else {
            throw AuditError(.damaged, "the checkpoint is not a signed note")
        }
        guard Self.isSigned(signed, by: verifier, signatures: signatures) else {
            throw AuditError(.damaged, "the checkpoint has no valid signature of \(verifier.name)")
        }
        try self.init(text: String(decoding: signed, as: UTF8.self), origin: verifier.name)
    }

    /// The text of a note with its last line feed, and the signature lines.
    static func parts(of note: [UInt8]) -> (text: [UInt8], signatures: String)? {
        guard note.count <= maximumBytes, String(validating: note, as: UTF8.self) != nil, note.last == 10,
            let blank = lastBlankLine(in: note)
        else { return nil }
        return (Array(note[...blank]), String(decoding: note[(blank + 2)...], as: UTF8.self))
    }

    /// The number of entries that a note speaks of; nobody has checked the signature.
    static func unverifiedSize(of note: [UInt8]) throws(AuditError) -> Int {
        let lines = String(decoding: note.prefix(1024), as: UTF8.self).split(
            separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard lines.count == 3, let size = Int(lines[1]), size >= 0 else {
            throw AuditError(.damaged, "the checkpoint has no number of entries")
        }
        return size
    }

    private init(text: String, origin: String) throws(AuditError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, lines[0].utf8.elementsEqual(origin.utf8),
            let size = Int(lines[1]), size >= 0, String(size) == lines[1],
            let bytes = Base64.decode(lines[2].utf8), let root = SHA256Hash(bytes)
        else { throw AuditError(.damaged, "the checkpoint is not origin, size and root hash of \(origin)") }
        self.init(origin: origin, size: size, root: root)
    }

    /// The index of the line feed that ends the text, before the last empty line.
    private static func lastBlankLine(in note: [UInt8]) -> Int? {
        guard note.count >= 3 else { return nil }
        return (0..<(note.count - 2)).last { note[$0] == 10 && note[$0 + 1] == 10 }
    }

    static func isSigned(_ text: [UInt8], by verifier: NoteVerifier, signatures: String) -> Bool {
        let start = dash + verifier.name + " "
        for line in signatures.split(separator: "\n") where line.utf8.starts(with: start.utf8) {
            guard let bytes = Base64.decode(line.utf8.dropFirst(start.utf8.count)), bytes.count > 4,
                bytes.starts(with: verifier.hash)
            else { continue }
            return verifier.verifies(Array(bytes[4...]), of: text)
        }
        return false
    }
}
