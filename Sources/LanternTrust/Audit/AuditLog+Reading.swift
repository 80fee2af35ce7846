extension AuditLog {
    /// The verifier key that belongs to a signing key file.
    ///
    /// - Throws: ``AuditError/Code/badKey``.
    package static func verifierKey(ofKeyFile file: String) throws(AuditError) -> String {
        try AuditKey.load(existing: file).verifier.text
    }

    /// The newest entries, oldest first; read, not verified.
    ///
    /// - Throws: ``AuditError`` when the files cannot be read.
    package static func tail(directory: String, count: Int) throws(AuditError) -> [String] {
        let storage = DirectoryStorage(readingDirectory: directory)
        guard let note = try storage.read(TilePath.checkpoint) else { return [] }
        let lines = String(decoding: note, as: UTF8.self).split(
            separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard lines.count == 3, let size = Int(lines[1]), size >= 0 else {
            throw AuditError(.damaged, "the checkpoint has no number of entries")
        }
        var found: [String] = []
        var index = size / MerkleTree.tileWidth
        var width = size % MerkleTree.tileWidth
        while found.count < count, index >= 0 {
            if width > 0 {
                let bundle = try bundle(index, width: width, in: storage)
                found = bundle.suffix(count - found.count) + found
            }
            (index, width) = (index - 1, MerkleTree.tileWidth)
        }
        return found
    }

    /// All entries that the checkpoint covers, oldest first; read, not verified.
    ///
    /// - Parameter body: returns whether to go on.
    package static func forEachEntry(
        directory: String, _ body: (String) -> Bool
    ) throws(AuditError) {
        let storage = DirectoryStorage(readingDirectory: directory)
        guard let note = try storage.read(TilePath.checkpoint) else { return }
        let lines = String(decoding: note, as: UTF8.self).split(
            separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard lines.count == 3, let size = Int(lines[1]), size >= 0 else {
            throw AuditError(.damaged, "the checkpoint has no number of entries")
        }
        for first in stride(from: 0, to: size, by: MerkleTree.tileWidth) {
            let width = min(MerkleTree.tileWidth, size - first)
            for entry in try bundle(first / MerkleTree.tileWidth, width: width, in: storage)
            where !body(entry) { return }
        }
    }

    private static func bundle(
        _ index: Int, width: Int, in storage: DirectoryStorage
    ) throws(AuditError) -> [String] {
        // A bundle that has become full since the checkpoint was read is not partial any more.
        let partial = try storage.read(TilePath.bundle(index: index, width: width))
        let data: [UInt8]? =
            if let partial { partial } else {
                try storage.read(TilePath.bundle(index: index, width: MerkleTree.tileWidth))
            }
        guard let data else { throw AuditError(.damaged, "entry bundle \(index) is missing") }
        return EntryBundle(reading: data, limit: width).entries.map { String(decoding: $0, as: UTF8.self) }
    }
}
