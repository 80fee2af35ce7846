/// The unfinished right side of a log: the tree's edge and the last bundle.
struct AuditState: Sendable {
    private(set) var tree = MerkleTree()
    /// The entries after the last full bundle.
    private(set) var bundle = EntryBundle()
    /// The bundle that the last append filled.
    private(set) var lastFullBundle = EntryBundle()

    init() {}

    /// Reads the edge that belongs to a checkpoint, and checks it against the checkpoint's root.
    init(checkpoint: Checkpoint, storage: any AuditStorage) throws(AuditError) {
        let size = checkpoint.size
        var edge: [[SHA256Hash]] = []
        for level in 0..<MerkleTree.levels(for: size) {
            let width = MerkleTree.width(of: size, level: level)
            edge.append(
                try Self.readTile(level: level, index: size >> (8 * (level + 1)), width: width, from: storage)
            )
        }
        guard let tree = MerkleTree(size: size, edge: edge), tree.root == checkpoint.root else {
            throw AuditError(
                .damaged, "the tiles do not give the root hash of the checkpoint of size \(size)")
        }
        self.tree = tree
        let width = MerkleTree.width(of: size, level: 0)
        guard width > 0 else { return }
        bundle = try Self.readBundle(index: size / MerkleTree.tileWidth, width: width, from: storage)
        guard bundle.entries.map(SHA256Hash.leaf) == edge[0] else {
            throw AuditError(.damaged, "the last entry bundle does not agree with its tile")
        }
    }

    /// - Returns: the tiles that are full now.
    mutating func append(_ entries: [[UInt8]]) -> [MerkleTree.FullTile] {
        var tiles: [MerkleTree.FullTile] = []
        for entry in entries {
            bundle.append(entry)
            tiles += tree.append(.leaf(entry))
            if bundle.count == MerkleTree.tileWidth {
                lastFullBundle = bundle
                bundle = EntryBundle()
            }
        }
        return tiles
    }

    /// The partial tiles that differ from an earlier state's.
    func changedPartials(since old: AuditState) -> [AuditFile] {
        var files: [AuditFile] = []
        for (level, hashes) in tree.edge.enumerated() where !hashes.isEmpty {
            if level < old.tree.edge.count, old.tree.edge[level] == hashes { continue }
            let index = tree.size >> (8 * (level + 1))
            let path = TilePath.tile(level: level, index: index, width: hashes.count)
            files.append(AuditFile(path: path, bytes: hashes.flatMap(\.bytes)))
        }
        return files
    }

    /// Whole entries of the unfinished bundle that the checkpoint does not cover: the most that continue it.
    func entriesBeyond(in storage: any AuditStorage) throws(AuditError) -> [[UInt8]] {
        let index = tree.size / MerkleTree.tileWidth
        let widths = try storage.list(TilePath.partialBundles(index: index)).compactMap { Int($0) }
        let candidates = [MerkleTree.tileWidth] + widths.filter { $0 < MerkleTree.tileWidth }.sorted(by: >)
        for width in candidates where width > bundle.count {
            guard let data = try storage.read(TilePath.bundle(index: index, width: width)) else { continue }
            let found = EntryBundle(reading: data, limit: width)
            guard found.count == width, found.entries.starts(with: bundle.entries) else { continue }
            return Array(found.entries.dropFirst(bundle.count))
        }
        return []
    }
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
        return (0..<width).compactMap {
            SHA256Hash(data[($0 * SHA256Hash.size)..<(($0 + 1) * SHA256Hash.size)])
        }
    }

    /// A partial bundle, or the beginning of the full one that replaced it.
    static func readBundle(
        index: Int, width: Int, from storage: any AuditStorage
    ) throws(AuditError) -> EntryBundle {
        let path = TilePath.bundle(index: index, width: width)
        let full = TilePath.bundle(index: index, width: MerkleTree.tileWidth)
        var data = try storage.read(path)
        let isExact = data != nil
        if data == nil { data = try storage.read(full) }
        guard let data else { throw AuditError(.damaged, "\(path) is missing") }
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
