import Testing

@testable import LanternTrust

struct MerkleTreeTests {
    /// The leaves and roots of the test vectors that Certificate Transparency's reference implementations share
    /// (certificate-transparency-go and trillian, `merkle/` reference inputs).
    static let leaves: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test("roots are those of the RFC 6962 reference vectors", arguments: 0...8)
    func referenceRoots(size: Int) {
        var tree = MerkleTree()
        for leaf in Self.leaves[..<size] { _ = tree.append(.leaf(leaf)) }
        #expect(tree.root.hexadecimal == Self.roots[size])
    }

    @Test(
        "tiles do not change the root", arguments: [255, 256, 257, 511, 513, 65_535, 65_536, 65_793, 66_000])
    func rootAcrossTiles(size: Int) {
        var tree = MerkleTree()
        let leaves = (0..<size).map { SHA256Hash.leaf(Array("\($0)".utf8)) }
        var full = 0
        for leaf in leaves { full += tree.append(leaf).count }
        #expect(tree.root == Self.recursiveRoot(leaves[...]))
        #expect(full == size / 256 + size / 65_536)
        #expect(MerkleTree(size: size, edge: tree.edge)?.root == tree.root)
    }

    @Test("a size of 70,000 has the tiles that the specification counts")
    func tilesOfTheSpecification() {
        var tree = MerkleTree()
        var counts = [0, 0, 0]
        for number in 0..<70_000 {
            for tile in tree.append(.leaf([UInt8(number & 255)])) { counts[tile.level] += 1 }
        }
        #expect(counts == [273, 1, 0])
        #expect(tree.edge.map(\.count) == [112, 17, 1])
    }

    @Test("an edge of another size is refused")
    func wrongEdge() {
        #expect(MerkleTree(size: 2, edge: [[.leaf([1])]]) == nil)
        #expect(MerkleTree(size: 256, edge: [[]]) == nil)
    }

    @Test(
        "paths have three digits an element",
        arguments: [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")])
    func paths(index: Int, expected: String) {
        #expect(TilePath.number(index) == expected)
    }

    /// RFC 6962 section 2.1, as it is written there.
    private static func recursiveRoot(_ leaves: ArraySlice<SHA256Hash>) -> SHA256Hash {
        guard leaves.count > 1, let first = leaves.first else { return leaves.first ?? .of([]) }
        _ = first
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return .node(recursiveRoot(leaves[..<middle]), recursiveRoot(leaves[middle...]))
    }
}
