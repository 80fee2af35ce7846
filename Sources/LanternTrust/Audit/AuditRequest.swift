import Glibc

/// What an operator asks of a log that a process has open: the file `request`, answered in the file `answer`.
///
/// The first line is a number that the answer repeats; the second is `rotate` or `prune N`. Who can write into the
/// log's directory (mode 0700) is its owner.
enum AuditRequest {
    static let path = "request"
    static let answerPath = "answer"

    static func text(id: UInt64, _ what: String) -> [UInt8] { Array("\(id)\n\(what)\n".utf8) }

    /// Does what is asked, if anything is, and says how it went.
    static func answer(in writer: inout AuditWriter, keyFile: String?) {
        guard let bytes = try? writer.storage.read(path), bytes.count <= 1024 else { return }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 2, let id = UInt64(lines[0]) else { return writer.storage.remove(path) }
        let text: String
        do throws(AuditError) {
            text = "ok " + (try perform(lines[1], in: &writer, keyFile: keyFile))
        } catch {
            text = "error \(error.detail)"
        }
        try? writer.storage.replace(AuditFile(path: answerPath, bytes: Array("\(id)\n\(text)\n".utf8)))
        writer.storage.remove(path)
    }

    private static func perform(
        _ what: String, in writer: inout AuditWriter, keyFile: String?
    ) throws(AuditError) -> String {
        let words = what.split(separator: " ")
        if words == ["rotate"] { return try rotate(&writer, keyFile: keyFile) }
        guard words.count == 2, words[0] == "prune", let size = Int(words[1]) else {
            throw AuditError(.refused, "this log does not know what '\(what.prefix(64))' is")
        }
        return try prune(&writer, below: size)
    }

    private static func rotate(_ writer: inout AuditWriter, keyFile: String?) throws(AuditError) -> String {
        guard let keyFile else { throw AuditError(.refused, "this log has no key file") }
        let next = AuditKey.next(keyFile)
        _ = unlink(next)
        let key = try AuditKey.create(file: next, origin: writer.key.origin)
        let entry = Self.entry("rotate", target: key.verifier.text)
        try writer.change(to: key, entry: entry) { () throws(AuditError) in
            try AuditKey.install(next, as: keyFile)
        }
        return key.verifier.text
    }

    private static func prune(_ writer: inout AuditWriter, below size: Int) throws(AuditError) -> String {
        let whole = min(size, writer.size) / MerkleTree.tileWidth * MerkleTree.tileWidth
        guard whole > 0 else {
            throw AuditError(
                .refused, "entries go in bundles of \(MerkleTree.tileWidth); there is none to remove")
        }
        let note = try writer.storage.read(PruneMark.path)
        let chain = try KeyChain(
            trusted: writer.key.verifier, changes: KeyChange.read(from: writer.storage))
        let before = note == nil ? 0 : try chain.pruned(in: writer.storage)
        if whole > before {
            try writer.allowPruning(below: whole, entry: entry("prune", target: "\(whole)"))
        }
        return "\(max(whole, before))"
    }

    /// The log's own entries about itself: who acts is the user that the process runs as.
    private static func entry(_ method: String, target: String) -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let event = AuditEvent(
            time: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000,
            actor: "local:uid=\(geteuid())",
            object: "audit log", method: method, target: target, decision: "permit", result: "ok")
        return Array(event.line.utf8)
    }
}
