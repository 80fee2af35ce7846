import Testing

@testable import LanternTrust

struct AuditWriterTests {
    private let directory: AuditDirectory
    private let key: AuditKey
    private let storage = MemoryStorage()

    init() throws {
        directory = try AuditDirectory()
        key = try makeKey(directory)
    }

    private func report() throws -> AuditReport {
        try AuditLog.verify(storage: storage, verifier: key.verifier)
    }

    @Test("logs of every shape verify", arguments: [0, 1, 2, 255, 256, 257, 512, 600])
    func sizes(size: Int) throws {
        try fill(storage, key: key, 0..<size, each: 7)
        #expect(try report() == AuditReport(size: size, verified: size, root: report().root, fault: nil))
    }

    @Test("commits of any size give the same files for the same entries")
    func sameRoot() throws {
        let other = MemoryStorage()
        try fill(storage, key: key, 0..<300, each: 1)
        try fill(other, key: key, 0..<300, each: 300)
        #expect(storage.files["checkpoint"] == other.files["checkpoint"])
        #expect(storage.files["tile/1/000.p/1"] == other.files["tile/1/000.p/1"])
    }

    @Test("a log goes on where it was", arguments: [1, 255, 256, 300])
    func reopen(size: Int) throws {
        try fill(storage, key: key, 0..<size)
        try fill(storage, key: key, size..<(size + 10))
        #expect(try report().isIntact)
        #expect(try report().size == size + 10)
    }

    @Test("after any cut between two writes, all that was acknowledged is there", arguments: [3, 255, 256])
    func crashes(size: Int) throws {
        for writes in 0...5 {
            let storage = MemoryStorage()
            try fill(storage, key: key, 0..<size, each: 100)
            var writer = try AuditWriter(storage: storage, key: key)
            storage.allowWrites(writes)
            let isAcknowledged = (try? writer.commit([Array("new".utf8)])) != nil
            storage.allowWrites(nil)
            // Another process opens what is there.
            _ = try AuditWriter(storage: storage, key: key)
            let report = try AuditLog.verify(storage: storage, verifier: key.verifier)
            #expect(report.isIntact, "\(writes) writes: \(report)")
            #expect(report.size >= (isAcknowledged ? size + 1 : size))
        }
    }

    @Test("a torn bundle beyond the checkpoint is passed over")
    func tornBundle() throws {
        try fill(storage, key: key, 0..<3)
        let bundle = try #require(storage.files["tile/entries/000.p/3"])
        storage.files["tile/entries/000.p/5"] = bundle + [0, 3, 1, 2, 3, 0, 9, 1]
        try fill(storage, key: key, 3..<4)
        #expect(try report().size == 4)
        #expect(try report().isIntact)
    }

    @Test("while the disk refuses every commit fails, and works again after")
    func failsClosed() throws {
        var writer = try AuditWriter(storage: storage, key: key)
        try writer.commit([[1]])
        storage.allowWrites(0)
        for _ in 0..<3 {
            #expect(throws: AuditError.self) { try writer.commit([[2]]) }
        }
        storage.allowWrites(nil)
        try writer.commit([[3]])
        #expect(try report().isIntact)
        #expect(try report().size == 2)
    }

    @Test("a checkpoint behind what was acknowledged stops the log")
    func rollback() throws {
        var writer = try AuditWriter(storage: storage, key: key)
        try writer.commit([[1]])
        let old = storage.files
        try writer.commit([[2]])
        storage.allowWrites(0)
        #expect(throws: AuditError.self) { try writer.commit([[3]]) }
        storage.allowWrites(nil)
        storage.files = old
        let error = #expect(throws: AuditError.self) { try writer.commit([[3]]) }
        #expect(error?.code == .rolledBack)
    }

    @Test("a log without its checkpoint, or with another key's, is not continued")
    func refusesToContinue() throws {
        try fill(storage, key: key, 0..<3)
        let stranger = try makeKey(AuditDirectory())
        #expect(throws: AuditError.self) { try AuditWriter(storage: storage, key: stranger) }
        storage.files["checkpoint"] = nil
        let error = #expect(throws: AuditError.self) { try AuditWriter(storage: storage, key: key) }
        #expect(error?.code == .damaged)
    }

    @Test("a damaged edge is not continued", arguments: ["tile/0/000.p/3", "tile/entries/000.p/3"])
    func damagedEdge(path: String) throws {
        try fill(storage, key: key, 0..<3)
        storage.files[path]?[5] ^= 1
        #expect(throws: AuditError.self) { try AuditWriter(storage: storage, key: key) }
    }
}
