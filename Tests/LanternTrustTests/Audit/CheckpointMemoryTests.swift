import Foundation
import Testing

@testable import LanternTrust

/// What a client makes of the checkpoints that a server shows.
struct CheckpointMemoryTests {
    private static let server = "spiffe://lantern.test/ns"
    private let directory: AuditDirectory
    private let key: AuditKey
    private var seen: String { directory.path + "/seen" }

    init() throws {
        directory = try AuditDirectory()
        key = try makeKey(directory)
    }

    private func leaves(_ size: Int, _ name: String = "a") -> [SHA256Hash] {
        (0..<size).map { .leaf(Array("\(name)\($0)".utf8)) }
    }

    private func shown(_ leaves: [SHA256Hash], by key: AuditKey? = nil) -> [UInt8] {
        let key = key ?? self.key
        let note = Checkpoint(origin: key.origin, size: leaves.count, root: MerkleTree.root(of: leaves))
            .note(signedBy: key)
        return CheckpointMemory.handout(verifierKey: key.verifier.text, note: note)
    }

    private func proof(_ old: Int, _ leaves: [SHA256Hash]) throws -> [String] {
        try MerkleProof.consistency(from: old, to: leaves.count) { (range) throws(AuditError) in
            MerkleTree.root(of: Array(leaves[range]))
        }.map { Base64.encode($0.bytes) }
    }

    private func question(
        _ memory: CheckpointMemory, _ shown: [UInt8]
    ) throws -> CheckpointMemory.Question {
        guard case .mustProve(let question) = memory.judge(shown, from: Self.server) else {
            throw AuditError(.refused, "nothing to prove")
        }
        return question
    }

    @Test("a log that grows fits, in memory and after a restart", arguments: [true, false])
    func grows(isKept: Bool) throws {
        var memory = CheckpointMemory(directory: isKept ? seen : nil)
        #expect(memory.judge(shown(leaves(3)), from: Self.server) == .fits)
        #expect(memory.judge(shown(leaves(3)), from: Self.server) == .fits)
        if isKept { memory = CheckpointMemory(directory: seen) }
        let asked = try question(memory, shown(leaves(10)))
        #expect((asked.smaller, asked.larger) == (3, 10))
        // While it is being asked nobody else asks.
        #expect(memory.judge(shown(leaves(11)), from: Self.server) == .fits)
        #expect(memory.settle(asked, hashes: try proof(3, leaves(10)), keyChanges: []) == .fits)
        #expect(memory.judge(shown(leaves(10)), from: Self.server) == .fits)
        // An older one that comes late must be of the same history.
        let late = try question(memory, shown(leaves(5)))
        #expect(memory.settle(late, hashes: try proof(5, leaves(10)), keyChanges: []) == .fits)
        #expect(memory.judge(shown(leaves(10)), from: Self.server) == .fits)
    }

    @Test("another history is noticed: of the same size, larger, shorter")
    func rewritten() throws {
        let memory = CheckpointMemory(directory: seen)
        _ = memory.judge(shown(leaves(8)), from: Self.server)
        guard case .rewritten = memory.judge(shown(leaves(8, "b")), from: Self.server) else {
            Issue.record("two roots of one size fit")
            return
        }
        let larger = try question(memory, shown(leaves(12, "b")))
        guard case .rewritten = memory.settle(larger, hashes: try proof(8, leaves(12, "b")), keyChanges: [])
        else {
            Issue.record("a proof of another history fits")
            return
        }
        let shorter = try question(memory, shown(leaves(4)))
        guard case .rewritten = memory.settle(shorter, hashes: nil, keyChanges: []) else {
            Issue.record("a log that was put back fits")
            return
        }
        // What was seen first stays, and the evidence is there.
        #expect(memory.judge(shown(leaves(8)), from: Self.server) == .fits)
        memory.keepEvidence(shown(leaves(8, "b")), from: Self.server)
        let files = try FileManager.default.contentsOfDirectory(atPath: seen)
        #expect(files.filter { $0.hasSuffix(".rewritten") }.count == 1)
    }

    @Test("another key must be announced by the old one")
    func keys() throws {
        let memory = CheckpointMemory()
        let (old, log) = (leaves(4), leaves(9))
        _ = memory.judge(shown(old), from: Self.server)
        let other = try makeKey(AuditDirectory())
        let asked = try question(memory, shown(log, by: other))
        #expect(asked.needsKeys)
        guard case .rewritten = memory.settle(asked, hashes: try proof(4, log), keyChanges: []) else {
            Issue.record("a strange key fits")
            return
        }
        let again = try question(memory, shown(log, by: other))
        let change = KeyChange(
            number: 1, old: key.verifier, new: other.verifier, size: 6, root: MerkleTree.root(of: leaves(6)))
        let note = String(decoding: change.note(signedBy: key, and: other), as: UTF8.self)
        #expect(memory.settle(again, hashes: try proof(4, log), keyChanges: [note]) == .fits)
        #expect(memory.judge(shown(log, by: other), from: Self.server) == .fits)
    }

    @Test("what is no checkpoint is ignored, and so are logs beyond the limit")
    func ignored() throws {
        let memory = CheckpointMemory()
        for bytes in [[], [10], Array("x\ny\n".utf8), [UInt8](repeating: 65, count: 5000)] {
            guard case .ignored = memory.judge(bytes, from: Self.server) else {
                Issue.record("\(bytes.count) bytes are taken for a checkpoint")
                continue
            }
        }
        var forged = shown(leaves(3))
        forged[forged.count - 10] = forged[forged.count - 10] == 65 ? 66 : 65
        guard case .ignored = memory.judge(forged, from: Self.server) else {
            Issue.record("a bad signature is taken")
            return
        }
        for number in 0..<CheckpointMemory.maximum {
            #expect(memory.judge(shown(leaves(1)), from: "spiffe://lantern.test/\(number)") == .fits)
        }
        guard case .ignored = memory.judge(shown(leaves(1)), from: "spiffe://lantern.test/more") else {
            Issue.record("no limit")
            return
        }
    }
}
