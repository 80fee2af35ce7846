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
        var cursor = AuditCursor(directory: directory)
        cursor.position = max(0, try cursor.size() - count)
        var found: [String] = []
        try cursor.read { _, line in
            found.append(line)
            return true
        }
        return Array(found.suffix(count))
    }

    /// All entries that there are, oldest first; read, not verified.
    ///
    /// - Parameter body: returns whether to go on.
    package static func forEachEntry(
        directory: String, _ body: (String) -> Bool
    ) throws(AuditError) {
        var cursor = AuditCursor(directory: directory)
        try cursor.read { _, line in body(line) }
    }
}

/// Reads entries in order, without a lock and without holding up who writes; goes on where it was.
package struct AuditCursor {
    private let storage: DirectoryStorage
    /// The next entry, counted from 0.
    package var position = 0

    package init(directory: String) { storage = DirectoryStorage(readingDirectory: directory) }

    /// How many entries there are, those in the journal too.
    package func size() throws(AuditError) -> Int {
        let journal = AuditJournal.records(in: try storage.readJournal())
        let published = try publishedSize()
        return max(published, journal.last?.end ?? 0)
    }

    private func publishedSize() throws(AuditError) -> Int {
        guard let note = try storage.read(TilePath.checkpoint) else { return 0 }
        return try Checkpoint.unverifiedSize(of: note)
    }

    /// Gives all entries from ``position`` on that are there now. Pruned ones are passed over.
    ///
    /// - Parameter body: number and text; returns whether to go on.
    package mutating func read(_ body: (Int, String) -> Bool) throws(AuditError) {
        // Before the checkpoint: when the journal begins anew, all of it is under the checkpoint.
        let journal = AuditJournal.records(in: try storage.readJournal())
        let size = try publishedSize()
        while position < size {
            let index = position / MerkleTree.tileWidth
            let first = index * MerkleTree.tileWidth
            let width = min(MerkleTree.tileWidth, size - first)
            guard let bundle = try AuditState.readBundleIfThere(index: index, width: width, from: storage)
            else {
                guard try storage.read(PruneMark.path) != nil else {
                    throw AuditError(.damaged, "entry bundle \(index) is missing")
                }
                position = first + width
                continue
            }
            for place in (position - first)..<max(bundle.count, position - first) {
                position += 1
                guard body(first + place, String(decoding: bundle.entry(place), as: UTF8.self)) else {
                    return
                }
            }
            guard position >= first + width else {
                throw AuditError(.damaged, "entry bundle \(index) is cut")
            }
        }
        for record in journal where record.start <= position && record.end > position {
            for entry in record.entries.dropFirst(position - record.start) {
                position += 1
                guard body(position - 1, String(decoding: entry, as: UTF8.self)) else { return }
            }
        }
    }
}
