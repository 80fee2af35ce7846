/// The right edge of a tree in tiles of height 8: all that appending and the root need.
///
/// `edge[level]` holds the hashes of the unfinished tile on that level, 0 to 255 of them. A tile that fills up
/// becomes one hash on the level above.
///
/// - Source: RFC 6962 section 2.1; C2SP tlog-tiles.
struct MerkleTree: Sendable, Hashable {
    static let tileWidth = 256

    /// A tile that append finished.
    struct FullTile: Sendable, Hashable {
        let level: Int
        let index: Int
        let hashes: [SHA256Hash]
    }

    private(set) var size = 0
    private(set) var edge: [[SHA256Hash]] = []

    init() {}

    /// Takes up a tree where its tiles left it.
    ///
    /// - Returns: `nil` when the edge is not that of a tree of this size.
    init?(size: Int, edge: [[SHA256Hash]]) {
        guard edge.count == Self.levels(for: size) else { return nil }
        for (level, hashes) in edge.enumerated() where hashes.count != Self.width(of: size, level: level) {
            return nil
        }
        self.size = size
        self.edge = edge
    }

    /// - Returns: the tiles that are full now, lowest level first.
    mutating func append(_ leaf: SHA256Hash) -> [FullTile] {
        var finished: [FullTile] = []
        var hash = leaf
        var level = 0
        size += 1
        while true {
            if edge.count == level { edge.append([]) }
            edge[level].append(hash)
            guard edge[level].count == Self.tileWidth else { return finished }
            let index = (size >> (8 * (level + 1))) - 1
            finished.append(FullTile(level: level, index: index, hashes: edge[level]))
            hash = Self.root(of: edge[level])
            edge[level] = []
            level += 1
        }
    }

    /// The Merkle Tree Hash; of the empty tree, the hash of nothing.
    var root: SHA256Hash {
        var result: SHA256Hash?
        for hashes in edge {
            result = Self.fold(hashes, onto: result)
        }
        return result ?? .of([])
    }

    /// How many hashes the partial tile on a level has.
    static func width(of size: Int, level: Int) -> Int { (size >> (8 * level)) & 255 }

    /// How many levels have a tile, full or not.
    static func levels(for size: Int) -> Int {
        var levels = 0
        var rest = size
        while rest > 0 {
            levels += 1
            rest >>= 8
        }
        return levels
    }

    static func root(of hashes: [SHA256Hash]) -> SHA256Hash { fold(hashes, onto: nil) ?? .of([]) }

    /// Cuts the row into perfect subtrees, largest first, and joins them from the right, `right` outermost.
    private static func fold(_ hashes: [SHA256Hash], onto right: SHA256Hash?) -> SHA256Hash? {
        var result = right
        var end = hashes.count
        while end > 0 {
            let width = end & -end
            let left = perfect(hashes[(end - width)..<end])
            result = result.map { SHA256Hash.node(left, $0) } ?? left
            end -= width
        }
        return result
    }

    /// The root over a power of two of hashes.
    private static func perfect(_ hashes: ArraySlice<SHA256Hash>) -> SHA256Hash {
        var row = Array(hashes)
        while row.count > 1 {
            row = stride(from: 0, to: row.count - 1, by: 2).map { SHA256Hash.node(row[$0], row[$0 + 1]) }
        }
        return row.first ?? .of([])
    }
}
