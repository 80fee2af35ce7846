import Testing

@testable import LanternTrust

struct AuditVerifyTests {
    private let directory: AuditDirectory
    private let key: AuditKey
    private let storage = MemoryStorage()

    init() throws {
        directory = try AuditDirectory()
        key = try makeKey(directory)
        try fill(storage, key: key, 0..<600, each: 100)
    }

    private func fault(_ earlier: [UInt8]? = nil) throws -> AuditReport.Fault? {
        try AuditLog.verify(storage: storage, verifier: key.verifier, earlier: earlier).fault
    }

    private func change(_ path: String, _ change: (EntryBundle) -> [[UInt8]]) throws {
        let old = EntryBundle(reading: try #require(storage.files[path]))
        var new = EntryBundle()
        for entry in change(old) { new.append(entry) }
        storage.files[path] = new.bytes
    }

    @Test("it says after each bundle how far it is")
    func progress() throws {
        var seen: [Int] = []
        var sizes: Set<Int> = []
        let report = try AuditLog.verify(storage: storage, verifier: key.verifier) { done, size in
            seen.append(done)
            sizes.insert(size)
        }
        #expect(report.isIntact)
        #expect(seen.first == 256)
        #expect(seen == seen.sorted())
        #expect(sizes == Set([seen.last].compactMap { $0 }))
    }

    @Test("an altered entry is named")
    func flip() throws {
        try change("tile/entries/001") { bundle in
            var entries = bundle.entries
            entries[44][10] ^= 1
            return entries
        }
        #expect(try fault()?.entry == 300)
    }

    @Test("a dropped entry is named")
    func drop() throws {
        try change("tile/entries/000") { Array($0.entries[..<10] + $0.entries[11...]) }
        #expect(try fault()?.entry == 10)
    }

    @Test("two entries that changed places are named")
    func reorder() throws {
        try change("tile/entries/002.p/88") { bundle in
            var entries = bundle.entries
            entries.swapAt(20, 21)
            return entries
        }
        #expect(try fault()?.entry == 532)
    }

    @Test("a cut bundle is named at its first missing entry")
    func truncate() throws {
        try change("tile/entries/002.p/88") { Array($0.entries.dropLast(3)) }
        #expect(try fault()?.entry == 597)
    }

    @Test("bytes behind the last entry are found")
    func trailing() throws {
        storage.files["tile/entries/002.p/88"]?.append(0)
        #expect(try fault()?.entry == 512)
    }

    @Test(
        "a missing file is found",
        arguments: [
            ("tile/entries/001", 256), ("tile/0/001", 256), ("tile/1/000.p/2", 0), ("tile/0/002.p/88", 512),
        ])
    func missing(path: String, entry: Int) throws {
        storage.files[path] = nil
        #expect(try fault()?.entry == entry)
    }

    @Test("an entry rewritten with its tile shows in the tile above")
    func rewrittenTile() throws {
        try change("tile/entries/001") { bundle in
            var entries = bundle.entries
            entries[0] = [1]
            return entries
        }
        let bundle = EntryBundle(reading: try #require(storage.files["tile/entries/001"]))
        storage.files["tile/0/001"] = bundle.entries.flatMap { SHA256Hash.leaf($0).bytes }
        #expect(try fault()?.entry == 256)
    }

    @Test("a whole log rewritten without the key does not have the signed root")
    func rewrittenLog() throws {
        let checkpoint = storage.files["checkpoint"]
        let forged = MemoryStorage()
        try fill(forged, key: key, 1..<601, each: 100)
        storage.files = forged.files
        storage.journal = []
        storage.files["checkpoint"] = checkpoint
        #expect(try fault()?.reason.contains("root hash") == true)
    }

    @Test("a checkpoint that is altered, foreign or missing is a fault")
    func badCheckpoint() throws {
        let note = try #require(storage.files["checkpoint"])
        for (place, byte) in note.enumerated() where byte != 10 {
            storage.files["checkpoint"]?[place] = byte == 65 ? 66 : 65
            #expect(try fault() != nil, "byte \(place)")
            storage.files["checkpoint"] = note
        }
        let stranger = try makeKey(AuditDirectory())
        #expect(try !AuditLog.verify(storage: storage, verifier: stranger.verifier).isIntact)
        storage.files["checkpoint"] = nil
        #expect(try fault()?.reason == "there is no checkpoint")
    }

    @Test("a log put back as a whole is found by an earlier checkpoint")
    func rollback() throws {
        let kept = try #require(storage.files["checkpoint"])
        #expect(try fault(kept) == nil)
        storage.files = [:]
        storage.journal = []
        try fill(storage, key: key, 0..<500, each: 100)
        #expect(try fault() == nil)
        #expect(try fault(kept)?.entry == 500)
        storage.files = [:]
        storage.journal = []
        try fill(storage, key: key, 1..<700, each: 100)
        #expect(try fault(kept) != nil)
    }
}
