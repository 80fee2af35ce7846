extension AuditLog {
    /// Proves that an entry is in the log, in the form of C2SP tlog-proof.
    ///
    /// - Returns: the proof, and the entry itself; nil where it was pruned.
    /// - Throws: ``AuditError/Code/refused`` when the checkpoint does not cover it.
    package static func proveInclusion(
        of index: Int, directory: String
    ) throws(AuditError) -> (proof: String, entry: [UInt8]?) {
        let storage = DirectoryStorage(readingDirectory: directory)
        let (note, size) = try checkpoint(in: storage)
        guard index >= 0, index < size else {
            throw AuditError(.refused, "the log's checkpoint has entries 0 to \(size - 1)")
        }
        let tiles = TileHashes(storage: storage, size: size)
        let hashes = try MerkleProof.inclusion(of: index, in: 0..<size) { (range) throws(AuditError) in
            try tiles.subtree(range)
        }
        let (number, place) = (index / MerkleTree.tileWidth, index % MerkleTree.tileWidth)
        let width = min(MerkleTree.tileWidth, size - number * MerkleTree.tileWidth)
        let bundle = try AuditState.readBundleIfThere(index: number, width: width, from: storage)
        let entry = bundle.flatMap { place < $0.count ? Array($0.entry(place)) : nil }
        return (ProofText.inclusion(index: index, hashes: hashes, note: note), entry)
    }

    /// Proves that the log of today continues one of an earlier size, in the form in which C2SP tlog-witness takes it.
    ///
    /// - Parameter note: the checkpoint to prove, or the newest.
    /// - Throws: ``AuditError/Code/refused`` when the log was never that large.
    package static func proveConsistency(
        from old: Int, to note: [UInt8]? = nil, directory: String
    ) throws(AuditError) -> String {
        let storage = DirectoryStorage(readingDirectory: directory)
        let newest = try checkpoint(in: storage)
        let (note, size) =
            try note.map { note throws(AuditError) in
                (note, try Checkpoint.unverifiedSize(of: note))
            } ?? newest
        guard old >= 0, old <= size, size <= newest.size else {
            throw AuditError(
                .refused, "from \(old) to \(size) entries: the log has \(newest.size)")
        }
        let tiles = TileHashes(storage: storage, size: newest.size)
        let hashes = try MerkleProof.consistency(from: old, to: size) { (range) throws(AuditError) in
            try tiles.subtree(range)
        }
        return ProofText.consistency(from: old, hashes: hashes, note: note)
    }

    package var handout: [UInt8]? {
        let handout = CheckpointMemory.handout(verifierKey: verifierKey, note: checkpoint)
        return handout.count <= CheckpointMemory.maximumHandout ? handout : nil
    }

    package func consistency(from smaller: Int, to larger: Int) throws -> [String]? {
        guard let directory else { return nil }
        let storage = DirectoryStorage(readingDirectory: directory)
        let size = try Self.checkpoint(in: storage).size
        guard smaller >= 0, smaller <= larger, larger <= size else { return nil }
        let tiles = TileHashes(storage: storage, size: size)
        return try MerkleProof.consistency(from: smaller, to: larger) { (range) throws(AuditError) in
            try tiles.subtree(range)
        }.map { Base64.encode($0.bytes) }
    }

    package func keyChanges() throws -> [String] {
        guard let directory else { return [] }
        return try Self.keyChanges(directory: directory)
    }

    /// The notes of all changes of key, oldest first.
    package static func keyChanges(directory: String) throws(AuditError) -> [String] {
        let storage = DirectoryStorage(readingDirectory: directory)
        var notes: [String] = []
        while notes.count < KeyChange.maximum, let note = try storage.read(KeyChange.path(notes.count + 1)) {
            _ = try KeyChange(note: note)
            notes.append(String(decoding: note, as: UTF8.self))
        }
        return notes
    }

    /// The number of entries that a checkpoint speaks of; its signature is not looked at.
    package static func size(ofCheckpoint note: String) throws(AuditError) -> Int {
        try Checkpoint.unverifiedSize(of: Array(note.utf8))
    }

    /// The signed note in the log's directory.
    package static func checkpointNote(directory: String) throws(AuditError) -> String {
        String(
            decoding: try checkpoint(in: DirectoryStorage(readingDirectory: directory)).note, as: UTF8.self)
    }

    private static func checkpoint(
        in storage: DirectoryStorage
    ) throws(AuditError) -> (note: [UInt8], size: Int) {
        guard let note = try storage.read(TilePath.checkpoint) else {
            throw AuditError(.refused, "there is no checkpoint")
        }
        return (note, try Checkpoint.unverifiedSize(of: note))
    }
}

/// Proofs as text that other tools read.
package enum ProofText {
    private static let title = "c2sp.org/tlog-proof@v1"
    /// A proof has at most 63 hashes of 45 bytes, and a checkpoint.
    package static let maximumBytes = 72 * 1024

    static func inclusion(index: Int, hashes: [SHA256Hash], note: [UInt8]) -> String {
        "\(title)\nindex \(index)\n\(lines(hashes))\n\(String(decoding: note, as: UTF8.self))"
    }

    static func consistency(from old: Int, hashes: [SHA256Hash], note: [UInt8]) -> String {
        "old \(old)\n\(lines(hashes))\n\(String(decoding: note, as: UTF8.self))"
    }

    private static func lines(_ hashes: [SHA256Hash]) -> String {
        hashes.map { Base64.encode($0.bytes) + "\n" }.joined()
    }

    struct Parts {
        /// What stands before the hashes.
        let head: [String]
        let hashes: [SHA256Hash]
        let note: [UInt8]
    }

    static func parts(of text: String, headLines: Int) throws(AuditError) -> Parts {
        let malformed = AuditError(.damaged, "this is no proof: head, hashes, an empty line, a checkpoint")
        guard text.utf8.count <= maximumBytes, let blank = text.firstRange(ofBlankLine: ()) else {
            throw malformed
        }
        let lines = text[..<blank].split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= headLines, lines.count <= headLines + 64 else { throw malformed }
        var hashes: [SHA256Hash] = []
        for line in lines.dropFirst(headLines) {
            guard let bytes = Base64.decode(line.utf8), let hash = SHA256Hash(bytes) else { throw malformed }
            hashes.append(hash)
        }
        let note = text.utf8[blank...].dropFirst(2)
        return Parts(head: Array(lines.prefix(headLines)), hashes: hashes, note: Array(note))
    }

    /// Checks an inclusion proof for an entry.
    ///
    /// - Returns: the entry's place, and the size of the checkpoint that covers it.
    /// - Throws: ``AuditError/Code/damaged`` with what is wrong.
    package static func check(
        inclusion text: String, entry: [UInt8], verifierKey: String
    ) throws(AuditError) -> (index: Int, size: Int) {
        let parts = try parts(of: text, headLines: 2)
        guard parts.head[0] == title, parts.head[1].hasPrefix("index "),
            let index = Int(parts.head[1].dropFirst(6))
        else { throw AuditError(.damaged, "this is no inclusion proof of the form \(title)") }
        let checkpoint = try Checkpoint(note: parts.note, verifier: NoteVerifier(verifierKey))
        guard
            MerkleProof.verifies(
                parts.hashes, leaf: .leaf(entry), index: index, size: checkpoint.size, root: checkpoint.root)
        else { throw AuditError(.damaged, "the proof does not lead from this entry to the checkpoint") }
        return (index, checkpoint.size)
    }
}

extension String {
    /// Where a line ends that an empty one follows.
    fileprivate func firstRange(ofBlankLine: Void) -> String.Index? {
        var previous: UInt8 = 0
        for index in utf8.indices {
            if utf8[index] == 10, previous == 10 { return utf8.index(before: index) }
            previous = utf8[index]
        }
        return nil
    }
}
