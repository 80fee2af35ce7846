extension AuditLog {
    /// Recomputes a whole log from its entries and compares every tile, the root and the signature.
    ///
    /// Needs no lock; a commit that happens meanwhile does no harm.
    ///
    /// - Parameters:
    ///   - verifierKey: from a place that who can write the log cannot change; see ``AuditLog/verifierKey``.
    ///   - earlier: a checkpoint kept elsewhere: the log must contain it. Without one, a log that was put back to
    ///     an earlier state as a whole cannot be told from a young one.
    /// - Throws: ``AuditError`` when the key is wrong or the files cannot be read.
    public static func verify(
        directory: String, verifierKey: String, earlier: String? = nil
    ) throws(AuditError) -> AuditReport {
        let verifier = try NoteVerifier(verifierKey)
        let earlier: Checkpoint? =
            if let earlier { try Checkpoint(note: Array(earlier.utf8), verifier: verifier) } else { nil }
        let storage = DirectoryStorage(readingDirectory: directory)
        return try verify(storage: storage, verifier: verifier, earlier: earlier)
    }

    static func verify(
        storage: any AuditStorage, verifier: NoteVerifier, earlier: Checkpoint? = nil
    ) throws(AuditError) -> AuditReport {
        guard let note = try storage.read(TilePath.checkpoint) else {
            return AuditReport(
                size: 0, verified: 0, root: "", fault: .init(entry: nil, reason: "there is no checkpoint"))
        }
        let checkpoint: Checkpoint
        do throws(AuditError) {
            checkpoint = try Checkpoint(note: note, verifier: verifier)
        } catch {
            return AuditReport(size: 0, verified: 0, root: "", fault: .init(entry: nil, reason: error.detail))
        }
        var walk = AuditWalk(storage: storage, checkpoint: checkpoint, earlier: earlier)
        let fault = try walk.run()
        return AuditReport(
            size: checkpoint.size, verified: walk.verified, root: Base64.encode(checkpoint.root.bytes),
            fault: fault)
    }
}
