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
        for writes in 0...12 {
            let storage = MemoryStorage()
            try fill(storage, key: key, 0..<size, each: 100)
            var writer = try AuditWriter(storage: storage, key: key)
            storage.allowWrites(writes)
            var acknowledged = size
            for number in 0..<3 {
                if (try? writer.commit([Array("new \(number)".utf8)])) != nil {
                    acknowledged = size + number + 1
                }
                if number == 1 { try? writer.settle() }
            }
            storage.allowWrites(nil)
            #expect(try AuditLog.verify(storage: storage, verifier: key.verifier).size >= acknowledged)
            // Another process opens what is there.
            _ = try AuditWriter(storage: storage, key: key)
            let report = try AuditLog.verify(storage: storage, verifier: key.verifier)
            #expect(report.isIntact, "\(writes) writes: \(report)")
            #expect(report.size >= acknowledged)
        }
    }

    @Test("tiles that a power cut lost come back from the journal", arguments: [200, 256, 600])
    func powerCut(size: Int) throws {
        try fill(storage, key: key, 0..<100)
        var writer = try AuditWriter(storage: storage, key: key)
        for number in 100..<size { try writer.commit([Array(event(number).line.utf8)]) }
        let durable = storage.files
        try writer.publish()
        let checkpoint = storage.files["checkpoint"]
        // Of what was not synchronised the checkpoint alone is there, and tiles that are empty.
        storage.files = storage.files.mapValues { _ in [] }.merging(durable) { $1 }
        storage.files["checkpoint"] = checkpoint
        _ = try AuditWriter(storage: storage, key: key)
        #expect(try report().isIntact)
        #expect(try report().size == size)
    }

    @Test("a record that is torn is passed over, the ones before it count")
    func tornRecord() throws {
        var writer = try AuditWriter(storage: storage, key: key)
        try writer.commit([[1], [2]])
        let end = AuditJournal.size(of: [[1], [2]])
        try writer.commit([[3]])
        for place in [end, end + 20, end + 30, end + 100] {
            let whole = storage.journal
            storage.journal[place] ^= 1
            #expect(AuditJournal.records(in: storage.journal).map(\.end) == [2])
            storage.journal = whole
        }
        storage.journal[end] ^= 1
        let again = try AuditWriter(storage: storage, key: key)
        #expect(again.size == 2)
        #expect(try report().isIntact)
    }

    @Test("a journal that another key signed, or that lacks its beginning, is refused")
    func foreignJournal() throws {
        var writer = try AuditWriter(storage: storage, key: key)
        try writer.commit([[1]])
        let other = MemoryStorage()
        var stranger = try AuditWriter(storage: other, key: makeKey(AuditDirectory()))
        try stranger.commit([[1]])
        storage.journal = other.journal
        #expect(try report().isIntact == false)
        let error = #expect(throws: AuditError.self) { try AuditWriter(storage: storage, key: key) }
        #expect(error?.code == .damaged)
    }

    @Test("a journal that is full is settled, and the log goes on")
    func fullJournal() throws {
        var writer = try AuditWriter(storage: storage, key: key)
        let large = [UInt8](repeating: 7, count: 60_000)
        for _ in 0..<20 { try writer.commit(Array(repeating: large, count: 10)) }
        #expect(storage.journal.count <= AuditJournal.capacity)
        #expect(try report() == AuditReport(size: 200, verified: 200, root: report().root, fault: nil))
        let again = try AuditWriter(storage: storage, key: key)
        #expect(again.size == 200)
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
        let (old, oldJournal) = (storage.files, storage.journal)
        try writer.commit([[2]])
        storage.allowWrites(0)
        #expect(throws: AuditError.self) { try writer.commit([[3]]) }
        storage.allowWrites(nil)
        // The journal alone would bring it back.
        (storage.files, storage.journal) = (old, oldJournal)
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
