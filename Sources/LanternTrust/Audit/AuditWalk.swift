/// One pass over all entries, in order.
struct AuditWalk {
    private let storage: any AuditStorage
    private let checkpoint: Checkpoint
    /// What the log must have been at other sizes, smallest first.
    private var anchors: [Checkpoint]
    private let pruned: Int
    private var tree = MerkleTree()
    /// Entries whose hash is all that is left.
    private(set) var missing = 0

    var verified: Int { tree.size }
    var root: SHA256Hash { tree.root }

    init(storage: any AuditStorage, checkpoint: Checkpoint, anchors: [Checkpoint], pruned: Int) {
        self.storage = storage
        self.checkpoint = checkpoint
        self.anchors = anchors.sorted { $0.size < $1.size }
        self.pruned = pruned
    }

    /// - Parameters:
    ///   - journal: what was committed since the checkpoint, as far as it goes beyond.
    ///   - progress: told after each bundle how many entries are done, and of how many.
    mutating func run(
        thenJournal journal: [AuditJournal.Record], signedBy verifier: NoteVerifier,
        progress: (_ done: Int, _ size: Int) -> Void
    ) throws(AuditError) -> AuditReport.Fault? {
        if let fault = compareAnchors() { return fault }
        while tree.size < checkpoint.size {
            if let fault = try readBundle() { return fault }
            progress(tree.size, checkpoint.size)
        }
        for (level, hashes) in tree.edge.enumerated() where level > 0 && !hashes.isEmpty {
            let index = tree.size >> (8 * (level + 1))
            if let fault = try compare(level: level, index: index, hashes: hashes) { return fault }
        }
        guard tree.root == checkpoint.root else {
            return .init(entry: nil, reason: "the entries do not give the root hash that was signed")
        }
        if let fault = follow(journal, signedBy: verifier) { return fault }
        guard let anchor = anchors.first else { return nil }
        return .init(
            entry: tree.size, reason: "the log is shorter than an earlier checkpoint of \(anchor.size)")
    }

    private mutating func readBundle() throws(AuditError) -> AuditReport.Fault? {
        let index = tree.size / MerkleTree.tileWidth
        let width = min(MerkleTree.tileWidth, checkpoint.size - tree.size)
        let bundle: EntryBundle?
        let tile: [SHA256Hash]
        do throws(AuditError) {
            bundle = try AuditState.readBundleIfThere(index: index, width: width, from: storage)
            tile = try AuditState.readTile(level: 0, index: index, width: width, from: storage)
            guard bundle != nil || tree.size < pruned else {
                throw AuditError(.damaged, "\(TilePath.bundle(index: index, width: width)) is missing")
            }
        } catch {
            guard error.code == .damaged else { throw error }
            return .init(entry: tree.size, reason: error.detail)
        }
        if bundle == nil { missing += tile.count }
        for (place, hash) in tile.enumerated() {
            if let bundle {
                guard place < bundle.count else {
                    return .init(entry: tree.size, reason: "the entry is missing")
                }
                guard SHA256Hash.leaf(bundle.entry(place)) == hash else {
                    return .init(entry: tree.size, reason: "the entry does not have the hash in its tile")
                }
            }
            for full in tree.append(hash) where full.level > 0 {
                if let fault = try compare(level: full.level, index: full.index, hashes: full.hashes) {
                    return fault
                }
            }
            if let fault = compareAnchors() { return fault }
        }
        return nil
    }

    /// The fault lies somewhere below the first hash that differs.
    private func compare(
        level: Int, index: Int, hashes: [SHA256Hash]
    ) throws(AuditError) -> AuditReport.Fault? {
        let span = 1 << (8 * level)
        let first = index * MerkleTree.tileWidth * span
        do throws(AuditError) {
            let tile = try AuditState.readTile(level: level, index: index, width: hashes.count, from: storage)
            guard let place = hashes.indices.first(where: { hashes[$0] != tile[$0] }) else { return nil }
            return .init(
                entry: first + place * span,
                reason: "a tile of level \(level) has another hash for this and the next \(span - 1) entries")
        } catch {
            guard error.code == .damaged else { throw error }
            return .init(entry: first, reason: error.detail)
        }
    }

    private mutating func compareAnchors() -> AuditReport.Fault? {
        while let anchor = anchors.first, anchor.size == tree.size {
            guard anchor.root == tree.root else {
                return .init(
                    entry: nil, reason: "an earlier checkpoint of size \(anchor.size) has another root hash")
            }
            anchors.removeFirst()
        }
        return nil
    }

    private mutating func follow(
        _ journal: [AuditJournal.Record], signedBy verifier: NoteVerifier
    ) -> AuditReport.Fault? {
        guard let last = journal.last, last.end > tree.size, (journal.first?.start ?? 0) <= tree.size else {
            return nil
        }
        let signed = Checkpoint(origin: checkpoint.origin, size: last.end, root: last.root)
        guard signed.isSigned(last.signature, by: verifier) else {
            return .init(entry: tree.size, reason: "the journal is not signed with the log's key")
        }
        for record in journal where record.end > tree.size {
            for entry in record.entries.dropFirst(tree.size - record.start) {
                _ = tree.append(.leaf(entry))
                if let fault = compareAnchors() { return fault }
            }
            guard tree.root == record.root else {
                return .init(entry: record.start, reason: "the journal's record has another root hash")
            }
        }
        return nil
    }
}
