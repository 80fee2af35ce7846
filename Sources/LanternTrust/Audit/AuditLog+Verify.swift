extension AuditLog {
    /// Recomputes a whole log from its entries and compares every tile, the root and the signature.
    ///
    /// Needs no lock; a commit that happens meanwhile does no harm. Changes of key are followed from the key that is
    /// given; entries that the owner has removed count by their hashes.
    ///
    /// - Parameters:
    ///   - verifierKey: from a place that who can write the log cannot change; see ``AuditLog/verifierKey``.
    ///   - earlier: a checkpoint kept elsewhere: the log must contain it. Without one, a log that was put back to
    ///     an earlier state as a whole cannot be told from a young one.
    ///   - progress: told now and then how many entries were recomputed, and of how many.
    /// - Throws: ``AuditError`` when the key is wrong or the files cannot be read.
    public static func verify(
        directory: String, verifierKey: String, earlier: String? = nil,
        progress: (_ done: Int, _ size: Int) -> Void = { _, _ in }
    ) throws(AuditError) -> AuditReport {
        let verifier = try NoteVerifier(verifierKey)
        let storage = DirectoryStorage(readingDirectory: directory)
        return try verify(
            storage: storage, verifier: verifier, earlier: earlier.map { Array($0.utf8) }, progress: progress)
    }

    static func verify(
        storage: any AuditStorage, verifier: NoteVerifier, earlier: [UInt8]? = nil,
        progress: (_ done: Int, _ size: Int) -> Void = { _, _ in }
    ) throws(AuditError) -> AuditReport {
        // Before the checkpoint: when the journal begins anew, all of it is under the checkpoint.
        let journal = AuditJournal.records(in: try storage.readJournal())
        guard let note = try storage.read(TilePath.checkpoint) else {
            return nothing("there is no checkpoint")
        }
        let chain: KeyChain
        let checkpoint: Checkpoint
        let pruned: Int
        var anchors: [Checkpoint]
        do throws(AuditError) {
            chain = try KeyChain(trusted: verifier, changes: KeyChange.read(from: storage))
            checkpoint = try chain.checkpoint(note)
            pruned = try chain.pruned(in: storage)
            anchors = chain.anchors
        } catch {
            guard error.code == .damaged else { throw error }
            return nothing(error.detail)
        }
        if let earlier {
            do throws(AuditError) {
                anchors.append(try chain.checkpoint(earlier))
            } catch {
                throw AuditError(.refused, "the checkpoint to compare with: \(error.detail)")
            }
        }
        var walk = AuditWalk(storage: storage, checkpoint: checkpoint, anchors: anchors, pruned: pruned)
        let fault = try walk.run(
            thenJournal: journal, signedBy: chain.newest ?? verifier, progress: progress)
        return AuditReport(
            size: max(checkpoint.size, walk.verified), verified: walk.verified, pruned: walk.missing,
            root: Base64.encode(fault == nil ? walk.root.bytes : checkpoint.root.bytes), fault: fault)
    }

    private static func nothing(_ reason: String) -> AuditReport {
        AuditReport(size: 0, verified: 0, root: "", fault: .init(entry: nil, reason: reason))
    }
}
