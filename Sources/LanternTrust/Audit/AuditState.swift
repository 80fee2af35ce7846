/// The unfinished right side of a log: the tree's edge and the last bundle.
struct AuditState: Sendable {
    private(set) var tree = MerkleTree()
    /// The entries after the last full bundle.
    private(set) var bundle = EntryBundle()

    init() {}

    /// Reads the edge that a log of this size has; ``root`` is for the caller to compare.
    init(size: Int, storage: any AuditStorage) throws(AuditError) {
        var edge: [[SHA256Hash]] = []
        for level in 0..<MerkleTree.levels(for: size) {
            let width = MerkleTree.width(of: size, level: level)
            edge.append(
                try Self.readTile(level: level, index: size >> (8 * (level + 1)), width: width, from: storage)
            )
        }
        guard let tree = MerkleTree(size: size, edge: edge) else {
            throw AuditError(.damaged, "the tiles are not those of \(size) entries")
        }
        self.tree = tree
        let width = MerkleTree.width(of: size, level: 0)
        guard width > 0 else { return }
        bundle = try Self.readBundle(index: size / MerkleTree.tileWidth, width: width, from: storage)
        guard bundle.entries.map(SHA256Hash.leaf) == edge[0] else {
            throw AuditError(.damaged, "the last entry bundle does not agree with its tile")
        }
    }

    /// Reads the edge that belongs to a checkpoint, and checks it against the checkpoint's root.
    init(checkpoint: Checkpoint, storage: any AuditStorage) throws(AuditError) {
        try self.init(size: checkpoint.size, storage: storage)
        guard tree.root == checkpoint.root else {
            throw AuditError(
                .damaged, "the tiles do not give the root hash of the checkpoint of size \(checkpoint.size)")
        }
    }

    var size: Int { tree.size }
    var root: SHA256Hash { tree.root }

    /// - Returns: the bundles and tiles that are full now, to be written, and which tiles those are.
    mutating func append(_ entries: [[UInt8]]) -> (files: [AuditFile], tiles: [FilledTile]) {
        var files: [AuditFile] = []
        var filled: [FilledTile] = []
        for entry in entries {
            bundle.append(entry)
            for tile in tree.append(.leaf(entry)) {
                files.append(tile.file)
                filled.append(FilledTile(level: tile.level, index: tile.index))
            }
            if bundle.count == MerkleTree.tileWidth {
                let path = TilePath.bundle(
                    index: tree.size / MerkleTree.tileWidth - 1, width: MerkleTree.tileWidth)
                files.append(AuditFile(path: path, bytes: bundle.bytes))
                bundle = EntryBundle()
            }
        }
        return (files, filled)
    }

    /// The partial bundle, and the partial tiles that differ from an earlier edge's.
    func partials(since old: MerkleTree) -> [AuditFile] {
        var files: [AuditFile] = []
        if bundle.count > 0 {
            let path = TilePath.bundle(index: tree.size / MerkleTree.tileWidth, width: bundle.count)
            files.append(AuditFile(path: path, bytes: bundle.bytes))
        }
        for (level, hashes) in tree.edge.enumerated() where !hashes.isEmpty {
            let index = tree.size >> (8 * (level + 1))
            if level < old.edge.count, old.size >> (8 * (level + 1)) == index, old.edge[level] == hashes {
                continue
            }
            let path = TilePath.tile(level: level, index: index, width: hashes.count)
            files.append(AuditFile(path: path, bytes: hashes.flatMap(\.bytes)))
        }
        return files
    }
}

/// A tile whose partial forms are of no more use.
struct FilledTile: Sendable, Hashable {
    let level: Int
    let index: Int
}

extension AuditState {
    /// A partial tile, or the beginning of the full one that replaced it.
    static func readTile(
        level: Int, index: Int, width: Int, from storage: any AuditStorage
    ) throws(AuditError) -> [SHA256Hash] {
        guard width > 0 else { return [] }
        let path = TilePath.tile(level: level, index: index, width: width)
        let full = TilePath.tile(level: level, index: index, width: MerkleTree.tileWidth)
        var data = try storage.read(path)
        let isPartial = data != nil
        if data == nil { data = try storage.read(full) }
        let expected = (isPartial ? width : MerkleTree.tileWidth) * SHA256Hash.size
        guard let data, data.count == expected else {
            throw AuditError(.damaged, "\(path) is missing or does not have \(width) hashes")
        }
        return SHA256Hash.row(of: data, count: width)
    }

    /// A partial bundle, or the beginning of the full one that replaced it.
    static func readBundle(
        index: Int, width: Int, from storage: any AuditStorage
    ) throws(AuditError) -> EntryBundle {
        guard let bundle = try readBundleIfThere(index: index, width: width, from: storage) else {
            throw AuditError(.damaged, "\(TilePath.bundle(index: index, width: width)) is missing")
        }
        return bundle
    }

    static func readBundleIfThere(
        index: Int, width: Int, from storage: any AuditStorage
    ) throws(AuditError) -> EntryBundle? {
        let path = TilePath.bundle(index: index, width: width)
        let full = TilePath.bundle(index: index, width: MerkleTree.tileWidth)
        var data = try storage.read(path)
        let isExact = data != nil
        if data == nil { data = try storage.read(full) }
        guard let data else { return nil }
        let bundle = EntryBundle(reading: data, limit: width)
        guard !isExact || bundle.count < width || bundle.bytes.count == data.count else {
            throw AuditError(.damaged, "\(path) has bytes after its last entry")
        }
        return bundle
    }
}

extension MerkleTree.FullTile {
    var file: AuditFile {
        AuditFile(
            path: TilePath.tile(level: level, index: index, width: MerkleTree.tileWidth),
            bytes: hashes.flatMap(\.bytes))
    }
}
