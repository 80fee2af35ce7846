/// One pass over all entries, in order.
struct AuditWalk {
    private let storage: any AuditStorage
    private let checkpoint: Checkpoint
    private let earlier: Checkpoint?
    private var tree = MerkleTree()

    var verified: Int { tree.size }

    init(storage: any AuditStorage, checkpoint: Checkpoint, earlier: Checkpoint?) {
        self.storage = storage
        self.checkpoint = checkpoint
        self.earlier = earlier
    }

    mutating func run() throws(AuditError) -> AuditReport.Fault? {
        if let earlier, earlier.size > checkpoint.size {
            return .init(
                entry: checkpoint.size,
                reason: "the log is shorter than an earlier checkpoint of \(earlier.size)")
        }
        if let fault = compareEarlier() { return fault }
        while tree.size < checkpoint.size {
            if let fault = try readBundle() { return fault }
        }
        for (level, hashes) in tree.edge.enumerated() where level > 0 && !hashes.isEmpty {
            let index = tree.size >> (8 * (level + 1))
            if let fault = try compare(level: level, index: index, hashes: hashes) { return fault }
        }
        guard tree.root == checkpoint.root else {
            return .init(entry: nil, reason: "the entries do not give the root hash that was signed")
        }
        return nil
    }

    private mutating func readBundle() throws(AuditError) -> AuditReport.Fault? {
        let index = tree.size / MerkleTree.tileWidth
        let width = min(MerkleTree.tileWidth, checkpoint.size - tree.size)
        let bundle: EntryBundle
        let tile: [SHA256Hash]
        do throws(AuditError) {
            bundle = try AuditState.readBundle(index: index, width: width, from: storage)
            tile = try AuditState.readTile(level: 0, index: index, width: width, from: storage)
        } catch {
            guard error.code == .damaged else { throw error }
            return .init(entry: tree.size, reason: error.detail)
        }
        for (place, hash) in tile.enumerated() {
            guard place < bundle.count else { return .init(entry: tree.size, reason: "the entry is missing") }
            guard SHA256Hash.leaf(bundle.entries[place]) == hash else {
                return .init(entry: tree.size, reason: "the entry does not have the hash in its tile")
            }
            for full in tree.append(hash) where full.level > 0 {
                if let fault = try compare(level: full.level, index: full.index, hashes: full.hashes) {
                    return fault
                }
            }
            if let fault = compareEarlier() { return fault }
        }
        return nil
    }

    /// The fault lies somewhere below the first hash that differs.
    private func compare(level: Int, index: Int, hashes: [SHA256Hash]) throws(AuditError) -> AuditReport
        .Fault?
    {
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

    private func compareEarlier() -> AuditReport.Fault? {
        guard let earlier, earlier.size == tree.size, earlier.root != tree.root else { return nil }
        return .init(
            entry: nil, reason: "an earlier checkpoint of size \(earlier.size) has another root hash")
    }
}
