/// Appends to the files of a log: the rules of order, without a thread.
///
/// A commit writes the entry bundle, then the tiles, then the checkpoint, each durable before the next. It never
/// reaches past the end of a bundle, so at most one bundle is ever ahead of the checkpoint. After a fault nothing
/// is believed that is in memory: the next commit reads the disk again first.
struct AuditWriter {
    private let storage: any AuditStorage
    private let key: AuditKey
    private var state: AuditState
    /// The state on disk is not known: a write failed.
    private var mustRecover = false

    /// Reads what is there, or writes the checkpoint of an empty log.
    init(storage: any AuditStorage, key: AuditKey) throws(AuditError) {
        self.storage = storage
        self.key = key
        state = AuditState()
        try recover(rewriting: false)
    }

    /// How many entries the next commit may take.
    var room: Int { MerkleTree.tileWidth - state.bundle.count }

    /// - Throws: when the entries are not known to be durable; what was acknowledged before stays.
    mutating func commit(_ entries: [[UInt8]]) throws(AuditError) {
        if mustRecover { try recover(rewriting: true) }
        // What was recovered may have filled the bundle further.
        var rest = entries[...]
        while !rest.isEmpty {
            let part = rest.prefix(room)
            rest = rest.dropFirst(part.count)
            try append(Array(part))
        }
    }

    func close() { storage.close() }

    private mutating func append(_ entries: [[UInt8]]) throws(AuditError) {
        mustRecover = true
        var new = state
        let tiles = new.append(entries)
        try write(new, fullTiles: tiles, over: state)
        state = new
        mustRecover = false
        if !tiles.isEmpty { removePartials(of: tiles) }
    }

    private func write(
        _ new: AuditState, fullTiles: [MerkleTree.FullTile], over old: AuditState
    ) throws(AuditError) {
        let index = (new.tree.size - 1) / MerkleTree.tileWidth
        let width = (new.tree.size - 1) % MerkleTree.tileWidth + 1
        let bundle = fullTiles.isEmpty ? new.bundle.bytes : new.lastFullBundle.bytes
        try storage.write([AuditFile(path: TilePath.bundle(index: index, width: width), bytes: bundle)])
        try storage.write(fullTiles.map(\.file) + new.changedPartials(since: old))
        try writeCheckpoint(of: new)
    }

    private func writeCheckpoint(of state: AuditState) throws(AuditError) {
        let checkpoint = Checkpoint(origin: key.origin, size: state.tree.size, root: state.tree.root)
        try storage.write([AuditFile(path: TilePath.checkpoint, bytes: checkpoint.note(signedBy: key))])
    }

    /// Smaller ones that a full tile replaces; that some stay after a crash does no harm.
    private func removePartials(of tiles: [MerkleTree.FullTile]) {
        for tile in tiles {
            removeAll(TilePath.partialTiles(level: tile.level, index: tile.index))
            if tile.level == 0 { removeAll(TilePath.partialBundles(index: tile.index)) }
        }
    }

    private func removeAll(_ directory: String) {
        guard let names = try? storage.list(directory) else { return }
        for name in names where name != "." && name != ".." { storage.remove(directory + "/" + name) }
        storage.removeDirectory(directory)
    }
}

extension AuditWriter {
    /// Takes the state from disk, and whole entries beyond the checkpoint with it.
    ///
    /// Those were not acknowledged, but a checkpoint over them may have been signed and seen: they stay.
    private mutating func recover(rewriting: Bool) throws(AuditError) {
        let acknowledged = state.tree.size
        guard let note = try storage.read(TilePath.checkpoint) else { return try begin(acknowledged) }
        let checkpoint = try Checkpoint(note: note, verifier: key.verifier)
        let found = try AuditState(checkpoint: checkpoint, storage: storage)
        guard found.tree.size >= acknowledged else {
            throw AuditError(
                .rolledBack, "the checkpoint has \(found.tree.size) entries, \(acknowledged) were written")
        }
        let extra = try found.entriesBeyond(in: storage)
        state = found
        if !extra.isEmpty {
            try append(extra)
        } else if rewriting, found.tree.size > 0 {
            try rewrite(found)
        }
        removeStaleBundles()
        mustRecover = false
    }

    /// A synchronisation that failed may have left files that only memory holds: write them all again.
    private func rewrite(_ state: AuditState) throws(AuditError) {
        var files = state.changedPartials(since: AuditState())
        if state.bundle.count > 0 {
            let path = TilePath.bundle(
                index: state.tree.size / MerkleTree.tileWidth, width: state.bundle.count)
            files.append(AuditFile(path: path, bytes: state.bundle.bytes))
        }
        try storage.write(files)
        try writeCheckpoint(of: state)
    }

    private mutating func begin(_ acknowledged: Int) throws(AuditError) {
        guard acknowledged == 0, try storage.list("tile").allSatisfy({ $0 == "." || $0 == ".." }) else {
            throw AuditError(.damaged, "there are tiles but no checkpoint")
        }
        try writeCheckpoint(of: AuditState())
        state = AuditState()
        mustRecover = false
    }

    /// What a failed commit left must not be taken for a later one's.
    private func removeStaleBundles() {
        let index = state.tree.size / MerkleTree.tileWidth
        let directory = TilePath.partialBundles(index: index)
        guard let names = try? storage.list(directory) else { return }
        for name in names where (Int(name) ?? 0) > state.bundle.count {
            storage.remove(directory + "/" + name)
        }
    }
}
