import Foundation
import Testing

@testable import LanternTrust

struct AuditProofTests {
    private static func leaves(_ size: Int) -> [SHA256Hash] { (0..<size).map { .leaf(Array("\($0)".utf8)) } }

    private static func subtree(_ leaves: [SHA256Hash]) -> MerkleProof.Subtree {
        { (range) throws(AuditError) in MerkleTree.root(of: Array(leaves[range])) }
    }

    @Test("every entry of every small tree is proved, and no other entry or place is", arguments: 1...20)
    func inclusion(size: Int) throws {
        let leaves = Self.leaves(size)
        let root = MerkleTree.root(of: leaves)
        for index in 0..<size {
            let proof = try MerkleProof.inclusion(of: index, in: 0..<size, Self.subtree(leaves))
            for other in 0..<size {
                let isRight = MerkleProof.verifies(
                    proof, leaf: leaves[index], index: other, size: size, root: root)
                #expect(isRight == (other == index))
            }
            #expect(
                !MerkleProof.verifies(proof, leaf: .leaf([9]), index: index, size: size, root: root))
            #expect(
                !MerkleProof.verifies(
                    proof + [root], leaf: leaves[index], index: index, size: size, root: root))
            if !proof.isEmpty {
                #expect(
                    !MerkleProof.verifies(
                        proof.dropLast(), leaf: leaves[index], index: index, size: size, root: root))
            }
        }
    }

    @Test("every small tree is proved to continue every smaller one, and no other", arguments: 0...20)
    func consistency(size: Int) throws {
        let leaves = Self.leaves(size)
        let root = MerkleTree.root(of: leaves)
        for old in 0...size {
            let oldRoot = MerkleTree.root(of: Array(leaves[..<old]))
            let proof = try MerkleProof.consistency(from: old, to: size, Self.subtree(leaves))
            #expect(MerkleProof.verifies(proof, from: old, oldRoot, to: size, root))
            #expect(!MerkleProof.verifies(proof, from: old, .leaf([9]), to: size, root))
            #expect(old == 0 || !MerkleProof.verifies(proof, from: old, oldRoot, to: size, .leaf([9])))
            #expect(!MerkleProof.verifies(proof + [root], from: old, oldRoot, to: size, root))
        }
    }

    @Test("proofs come from the tiles of a large log", arguments: [600, 66_000])
    func fromTiles(size: Int) throws {
        let storage = MemoryStorage()
        let leaves = Self.leaves(size)
        var tree = MerkleTree()
        for leaf in leaves { try storage.write(tree.append(leaf).map(\.file)) }
        for (level, hashes) in tree.edge.enumerated() where !hashes.isEmpty {
            let path = TilePath.tile(level: level, index: size >> (8 * (level + 1)), width: hashes.count)
            try storage.write([AuditFile(path: path, bytes: hashes.flatMap(\.bytes))])
        }
        let tiles = TileHashes(storage: storage, size: size)
        for index in [0, 1, 255, 256, 511, size - 1] {
            let proof = try MerkleProof.inclusion(of: index, in: 0..<size) { (range) throws(AuditError) in
                try tiles.subtree(range)
            }
            #expect(
                MerkleProof.verifies(proof, leaf: leaves[index], index: index, size: size, root: tree.root))
        }
        for old in [1, 255, 256, 300, 512, size] {
            let proof = try MerkleProof.consistency(from: old, to: size) { (range) throws(AuditError) in
                try tiles.subtree(range)
            }
            let oldRoot = MerkleTree.root(of: Array(leaves[..<old]))
            #expect(MerkleProof.verifies(proof, from: old, oldRoot, to: size, tree.root))
        }
    }

    @Test("a proof as text is checked without the log")
    func text() async throws {
        let directory = try AuditDirectory()
        let log = try AuditLog(
            directory: directory.path + "/audit", keyFile: directory.path + "/audit.key", origin: auditOrigin)
        for number in 0..<7 { try await log.record(event(number)) }
        await log.close()
        let (proof, entry) = try AuditLog.proveInclusion(of: 3, directory: directory.path + "/audit")
        #expect(entry == Array(event(3).line.utf8))
        let found = try ProofText.check(
            inclusion: proof, entry: try #require(entry), verifierKey: log.verifierKey)
        #expect(found == (3, 7))
        #expect(throws: AuditError.self) {
            try ProofText.check(inclusion: proof, entry: [1], verifierKey: log.verifierKey)
        }
        #expect(throws: AuditError.self) {
            try ProofText.check(
                inclusion: proof, entry: entry ?? [], verifierKey: makeKey(AuditDirectory()).verifier.text)
        }
        #expect(throws: AuditError.self) {
            try AuditLog.proveInclusion(of: 7, directory: directory.path + "/audit")
        }
    }
}
