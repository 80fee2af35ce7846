/// Inclusion and consistency in a Merkle tree.
///
/// - Source: RFC 6962 section 2.1; the checks are those of RFC 9162 sections 2.1.3.2 and 2.1.4.2.
enum MerkleProof {
    /// Gives the root over the entries of a range that is a whole subtree: a power of two long, and aligned to it.
    typealias Subtree = (Range<Int>) throws(AuditError) -> SHA256Hash

    /// PATH(index, D[size]): from the leaf to the root.
    static func inclusion(of index: Int, in range: Range<Int>, _ subtree: Subtree) throws(AuditError)
        -> [SHA256Hash]
    {
        guard range.count > 1 else { return [] }
        let middle = range.lowerBound + split(range.count)
        if index < middle {
            return try inclusion(of: index, in: range.lowerBound..<middle, subtree)
                + [root(of: middle..<range.upperBound, subtree)]
        }
        return try inclusion(of: index, in: middle..<range.upperBound, subtree)
            + [root(of: range.lowerBound..<middle, subtree)]
    }

    /// PROOF(old, D[size]).
    static func consistency(from old: Int, to size: Int, _ subtree: Subtree) throws(AuditError)
        -> [SHA256Hash]
    {
        guard old > 0, old < size else { return [] }
        return try subproof(old, 0..<size, isWhole: true, subtree)
    }

    private static func subproof(
        _ old: Int, _ range: Range<Int>, isWhole: Bool, _ subtree: Subtree
    ) throws(AuditError) -> [SHA256Hash] {
        if range.upperBound == old { return isWhole ? [] : [try root(of: range, subtree)] }
        let middle = range.lowerBound + split(range.count)
        if old <= middle {
            return try subproof(old, range.lowerBound..<middle, isWhole: isWhole, subtree)
                + [root(of: middle..<range.upperBound, subtree)]
        }
        return try subproof(old, middle..<range.upperBound, isWhole: false, subtree)
            + [root(of: range.lowerBound..<middle, subtree)]
    }

    /// MTH(D[range]).
    static func root(of range: Range<Int>, _ subtree: Subtree) throws(AuditError) -> SHA256Hash {
        guard !range.isEmpty else { return .of([]) }
        if range.count & (range.count - 1) == 0 { return try subtree(range) }
        let middle = range.lowerBound + split(range.count)
        return .node(
            try root(of: range.lowerBound..<middle, subtree), try root(of: middle..<range.upperBound, subtree)
        )
    }

    /// The largest power of two below a count of at least 2.
    private static func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }

    /// Whether a leaf is at this place of a tree with this root.
    static func verifies(
        _ proof: [SHA256Hash], leaf: SHA256Hash, index: Int, size: Int, root: SHA256Hash
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var (place, last, hash) = (index, size - 1, leaf)
        for step in proof {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                hash = .node(step, hash)
                while place & 1 == 0, place > 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                hash = .node(hash, step)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// Whether a tree of one size and root continues one of a smaller size.
    static func verifies(
        _ proof: [SHA256Hash], from old: Int, _ oldRoot: SHA256Hash, to size: Int, _ root: SHA256Hash
    ) -> Bool {
        if old == size { return proof.isEmpty && oldRoot == root }
        guard old >= 0, old < size else { return false }
        if old == 0 { return proof.isEmpty && oldRoot == .of([]) }
        var rest = proof[...]
        var (place, last) = (old - 1, size - 1)
        while place & 1 == 1 { (place, last) = (place >> 1, last >> 1) }
        guard let first = old & (old - 1) == 0 ? oldRoot : rest.popFirst() else { return false }
        var (left, right) = (first, first)
        for step in rest {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                left = .node(step, left)
                right = .node(step, right)
                while place & 1 == 0, place > 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                right = .node(right, step)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && left == oldRoot && right == root
    }
}

/// The hashes of a log by its tiles; keeps what it has read.
final class TileHashes {
    private struct Place: Hashable {
        let level: Int
        let index: Int
    }
    private let storage: any AuditStorage
    private let size: Int
    private var tiles: [Place: [SHA256Hash]] = [:]

    init(storage: any AuditStorage, size: Int) {
        self.storage = storage
        self.size = size
    }

    /// The root over a whole subtree: see ``MerkleProof/Subtree``.
    func subtree(_ range: Range<Int>) throws(AuditError) -> SHA256Hash {
        let height = range.count.trailingZeroBitCount
        let level = height / 8
        let first = range.lowerBound >> (8 * level)
        let hashes = try tile(level, first / MerkleTree.tileWidth)
        let offset = first % MerkleTree.tileWidth
        let count = range.count >> (8 * level)
        guard offset + count <= hashes.count else {
            throw AuditError(.damaged, "a tile of level \(level) is too short for the proof")
        }
        return MerkleTree.root(of: Array(hashes[offset..<(offset + count)]))
    }

    private func tile(_ level: Int, _ index: Int) throws(AuditError) -> [SHA256Hash] {
        if let known = tiles[Place(level: level, index: index)] { return known }
        let all = size >> (8 * level)
        let width = min(MerkleTree.tileWidth, all - index * MerkleTree.tileWidth)
        let hashes = try AuditState.readTile(level: level, index: index, width: width, from: storage)
        if tiles.count > 256 { tiles = [:] }
        tiles[Place(level: level, index: index)] = hashes
        return hashes
    }
}
