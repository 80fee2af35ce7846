/// Appends to the files of a log: the rules of order, without a thread.
///
/// A commit is durable with its record in the journal (see ``AuditJournal``). Publishing writes bundles, tiles and
/// the checkpoint. Settling makes those durable and begins the journal anew. After a fault nothing is believed that
/// is in memory: the next commit reads the disk again first.
struct AuditWriter {
    let storage: any AuditStorage
    private(set) var key: AuditKey
    private var changes: [KeyChange]
    private var state = AuditState()
    /// What was answered; the disk must never have less.
    private(set) var acknowledged = 0
    /// The tree as the checkpoint file has it.
    private var published = MerkleTree()
    /// Full bundles and tiles that are not written yet.
    private var pending: [AuditFile] = []
    /// Tiles that became full since the journal began; their partial forms go when the full ones are durable.
    private var filled: [FilledTile] = []
    private var journalEnd = 0
    /// The state on disk is not known: a write failed.
    private var mustRecover = false
    private var mustPublish = false
    /// The signed note of the published tree.
    private(set) var note: [UInt8] = []

    /// Reads what is there, or writes the checkpoint of an empty log.
    init(storage: any AuditStorage, key: AuditKey) throws(AuditError) {
        self.storage = storage
        self.key = key
        changes = try KeyChange.read(from: storage)
        try recover()
    }

    var size: Int { acknowledged }
    var isPublished: Bool { !mustRecover && !mustPublish && published.size == acknowledged }
    var isBroken: Bool { mustRecover || mustPublish }

    /// - Throws: when the entries are not known to be durable; what was acknowledged before stays.
    mutating func commit(_ entries: [[UInt8]]) throws(AuditError) {
        try mend()
        var rest = entries[...]
        while !rest.isEmpty {
            let part = Self.part(of: rest)
            rest = rest.dropFirst(part.count)
            try append(part)
        }
    }

    /// After a fault: finds out where the disk is, and whether it works again.
    mutating func mend() throws(AuditError) {
        if mustRecover { try recover() }
        if mustPublish { try publish() }
    }

    /// Writes bundles, tiles and checkpoint for all that is acknowledged.
    mutating func publish() throws(AuditError) {
        guard mustPublish || published.size < acknowledged else { return }
        mustPublish = true
        try storage.write(pending + state.partials(since: published))
        try writeCheckpoint()
        pending = []
        published = state.tree
        mustPublish = false
    }

    /// Publishes, makes all of it durable, and begins the journal anew.
    mutating func settle() throws(AuditError) {
        try publish()
        mustPublish = true
        try storage.synchronise()
        if journalEnd > 0 { try storage.writeJournal(AuditJournal.end, at: 0) }
        mustPublish = false
        journalEnd = 0
        for tile in filled { removePartials(of: tile) }
        filled = []
    }

    mutating func close() {
        // What cannot be settled is in the journal.
        if !mustRecover { try? settle() }
        storage.close()
    }

    private static func part(of entries: ArraySlice<[UInt8]>) -> [[UInt8]] {
        var bytes = 0
        let part = entries.prefix(AuditJournal.maximumEntries).prefix {
            bytes += $0.count + 2
            return bytes <= AuditJournal.maximumBytes
        }
        return Array(part)
    }

    private mutating func append(_ entries: [[UInt8]]) throws(AuditError) {
        if journalEnd + AuditJournal.size(of: entries) > AuditJournal.capacity { try settle() }
        let start = state.size
        mustRecover = true
        let full = state.append(entries)
        let checkpoint = Checkpoint(origin: key.origin, size: state.size, root: state.root)
        let record = AuditJournal.encode(
            .init(
                start: start, entries: entries, root: state.root, signature: checkpoint.signature(by: key)))
        try storage.writeJournal(record, at: journalEnd)
        journalEnd += record.count
        pending += full.files
        filled += full.tiles
        acknowledged = state.size
        mustRecover = false
    }

    private mutating func writeCheckpoint() throws(AuditError) {
        let checkpoint = Checkpoint(origin: key.origin, size: state.size, root: state.root)
        let note = checkpoint.note(signedBy: key)
        try storage.replace(AuditFile(path: TilePath.checkpoint, bytes: note))
        self.note = note
    }

    /// Smaller ones that a full tile replaces; that some stay after a crash does no harm.
    private func removePartials(of tile: FilledTile) {
        removeAll(TilePath.partialTiles(level: tile.level, index: tile.index))
        if tile.level == 0 { removeAll(TilePath.partialBundles(index: tile.index)) }
    }

    private func removeAll(_ directory: String) {
        guard let names = try? storage.list(directory), !names.isEmpty else { return }
        for name in names where name != "." && name != ".." { storage.remove(directory + "/" + name) }
        storage.removeDirectory(directory)
    }
}

extension AuditWriter {
    /// Takes the state from the disk: the checkpoint's, and what the journal has beyond it.
    ///
    /// What is in the journal and was not acknowledged stays: it may have been signed and seen.
    private mutating func recover() throws(AuditError) {
        let checkpoint: Checkpoint?
        var isOldKeys = false
        if let note = try storage.read(TilePath.checkpoint) {
            (checkpoint, isOldKeys) = try readCheckpoint(note)
        } else {
            checkpoint = nil
            guard acknowledged == 0, try storage.list("tile").allSatisfy({ $0 == "." || $0 == ".." }) else {
                throw AuditError(.damaged, "there are tiles but no checkpoint")
            }
        }
        let found = try continued(checkpoint)
        guard found.state.size >= acknowledged else {
            throw AuditError(
                .rolledBack, "the disk has \(found.state.size) entries, \(acknowledged) were written")
        }
        let isChanged = checkpoint?.size != found.state.size || mustRecover || found.isReplayed || isOldKeys
        state = found.state
        published = found.base
        pending = found.files
        filled = found.tiles
        if isChanged {
            mustPublish = true
            journalEnd = max(journalEnd, 1)
            try publish()
            try settle()
        } else if let checkpoint {
            note = checkpoint.note(signedBy: key)
            published = state.tree
        }
        acknowledged = state.size
        mustRecover = false
    }

    private struct Found {
        var state: AuditState
        /// The tree whose tiles are known to be durable.
        var base: MerkleTree
        var files: [AuditFile] = []
        var tiles: [FilledTile] = []
        /// What the journal has may not be in the tiles.
        var isReplayed = false
    }

    /// - Throws: ``AuditError/Code/damaged`` when journal, tiles and checkpoint do not fit together.
    private func continued(_ checkpoint: Checkpoint?) throws(AuditError) -> Found {
        let size = checkpoint?.size ?? 0
        let records = AuditJournal.records(in: try storage.readJournal())
        guard let first = records.first, let last = records.last, last.end >= size else {
            return try unchanged(checkpoint)
        }
        guard first.start <= size else {
            throw AuditError(
                .damaged, "the checkpoint has \(size) entries, the journal begins after \(first.start)")
        }
        do throws(AuditError) {
            return try replay(records, from: first.start, checkpoint)
        } catch {
            guard error.code == .damaged else { throw error }
            // A round that was settled: its first partial tiles are gone, and it says nothing new.
            if last.end == size { return try unchanged(checkpoint) }
            throw error
        }
    }

    private func unchanged(_ checkpoint: Checkpoint?) throws(AuditError) -> Found {
        guard let checkpoint else { return Found(state: AuditState(), base: MerkleTree()) }
        let state = try AuditState(checkpoint: checkpoint, storage: storage)
        return Found(state: state, base: state.tree)
    }

    private func replay(
        _ records: [AuditJournal.Record], from start: Int, _ checkpoint: Checkpoint?
    ) throws(AuditError) -> Found {
        let base = try AuditState(size: start, storage: storage)
        var found = Found(state: base, base: base.tree, isReplayed: true)
        for record in records {
            var state = found.state
            for entry in record.entries {
                let full = state.append([entry])
                found.files += full.files
                found.tiles += full.tiles
                if state.size == checkpoint?.size, state.root != checkpoint?.root {
                    throw AuditError(.damaged, "the journal has other entries than the checkpoint")
                }
            }
            guard state.root == record.root else {
                throw AuditError(
                    .damaged, "the journal's record after entry \(record.start) has another root")
            }
            found.state = state
        }
        if let last = records.last {
            let signed = Checkpoint(origin: key.origin, size: last.end, root: last.root)
            guard signed.isSigned(last.signature, by: key.verifier) else {
                throw AuditError(.damaged, "the journal is not signed by \(key.origin)")
            }
        }
        return found
    }

    /// The checkpoint is signed by the key, or, when a change of key was interrupted, by the one before.
    private func readCheckpoint(_ note: [UInt8]) throws(AuditError) -> (Checkpoint, isOldKeys: Bool) {
        do throws(AuditError) {
            return (try Checkpoint(note: note, verifier: key.verifier), false)
        } catch {
            guard let change = changes.last, change.new == key.verifier,
                let checkpoint = try? Checkpoint(note: note, verifier: change.old),
                checkpoint.size == change.size, checkpoint.root == change.root
            else { throw error }
            return (checkpoint, true)
        }
    }
}

extension AuditWriter {
    /// Goes on with another key: the log says so in an entry, and both keys sign the change.
    ///
    /// - Parameters:
    ///   - entry: says that the key changes; the last under the old key.
    ///   - install: puts the new key in the place of the old one.
    mutating func change(
        to new: AuditKey, entry: [UInt8], install: () throws(AuditError) -> Void
    ) throws(AuditError) {
        guard changes.count < KeyChange.maximum else {
            throw AuditError(.refused, "the key was changed \(changes.count) times; begin a new log")
        }
        try commit([entry])
        try settle()
        let change = KeyChange(
            number: changes.count + 1, old: key.verifier, new: new.verifier, size: state.size,
            root: state.root)
        try storage.replace(
            AuditFile(path: KeyChange.path(change.number), bytes: change.note(signedBy: key, and: new)))
        try storage.synchronise()
        try install()
        changes.append(change)
        key = new
        mustPublish = true
        try publish()
        try storage.synchronise()
    }

    /// Signs that the bundles below this number of entries may go.
    mutating func allowPruning(below size: Int, entry: [UInt8]) throws(AuditError) {
        try commit([entry])
        try settle()
        let mark = PruneMark(origin: key.origin, size: size)
        try storage.replace(AuditFile(path: PruneMark.path, bytes: mark.note(signedBy: key)))
        try storage.synchronise()
    }
}
