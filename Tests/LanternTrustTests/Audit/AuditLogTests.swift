import Foundation
import Testing

@testable import LanternTrust

struct AuditLogTests {
    private func open(_ directory: AuditDirectory) throws -> AuditLog {
        try AuditLog(
            directory: directory.path + "/audit", keyFile: directory.path + "/audit.key", origin: auditOrigin)
    }

    @Test("what was recorded is on disk, verifies, and is continued")
    func onDisk() async throws {
        let directory = try AuditDirectory()
        let log = try open(directory)
        for number in 0..<5 { try await log.record(event(number)) }
        await log.close()
        let again = try open(directory)
        try await again.record(event(5))
        await again.close()
        let report = try AuditLog.verify(directory: directory.path + "/audit", verifierKey: again.verifierKey)
        #expect(report.isIntact)
        #expect(report.verified == 6)
        let bundle = EntryBundle(reading: try directory.bytes("audit/tile/entries/000.p/6"))
        #expect(bundle.entries.map { String(decoding: $0, as: UTF8.self) } == (0..<6).map { event($0).line })
    }

    @Test("a changed byte on disk is found, and the log is not opened")
    func damaged() async throws {
        let directory = try AuditDirectory()
        let log = try open(directory)
        for number in 0..<3 { try await log.record(event(number)) }
        await log.close()
        var bytes = try directory.bytes("audit/tile/entries/000.p/3")
        bytes[bytes.count - 5] ^= 1
        try directory.write(bytes, to: "audit/tile/entries/000.p/3")
        let report = try AuditLog.verify(directory: directory.path + "/audit", verifierKey: log.verifierKey)
        #expect(report.fault?.entry == 2)
        #expect(throws: AuditError.self) { try open(directory) }
    }

    @Test("200 callers at once share commits, and each gets its answer")
    func groupCommit() async throws {
        let directory = try AuditDirectory()
        let storage = MemoryStorage()
        let key = try makeKey(directory)
        let log = try AuditLog(storage: storage, key: key)
        let before = storage.journalWrites
        storage.hold()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await log.record(event(0)) }
            while !storage.isWaiting { await Task.yield() }
            for number in 1..<200 { group.addTask { try await log.record(event(number)) } }
            while log.waitingCount < 199 { await Task.yield() }
            storage.letGo()
            try await group.waitForAll()
        }
        #expect(storage.journalWrites - before == 2)
        let report = try AuditLog.verify(storage: storage, verifier: key.verifier)
        #expect(report.isIntact)
        #expect(report.size == 200)
        await log.close()
        #expect(try AuditLog.verify(storage: storage, verifier: key.verifier) == report)
    }

    @Test("when the disk refuses every waiting caller is told, and the log recovers")
    func failure() async throws {
        let directory = try AuditDirectory()
        let storage = MemoryStorage()
        let log = try AuditLog(storage: storage, key: makeKey(directory))
        storage.allowWrites(0)
        let failures = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 { group.addTask { (try? await log.record(event(number))) == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 50)
        storage.allowWrites(nil)
        try await log.record(event(50))
        await log.close()
    }

    @Test("a full queue refuses at once")
    func fullQueue() async throws {
        let directory = try AuditDirectory()
        let storage = MemoryStorage()
        let log = try AuditLog(storage: storage, key: makeKey(directory), maximumWaiting: 2)
        storage.hold()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await log.record(event(0)) }
            while !storage.isWaiting { await Task.yield() }
            for number in 1...2 { group.addTask { try? await log.record(event(number)) } }
            while log.waitingCount < 2 { await Task.yield() }
            let error = await #expect(throws: AuditError.self) { try await log.record(event(3)) }
            #expect(error?.code == .full)
            storage.letGo()
        }
        await log.close()
    }

    @Test("a closed log refuses")
    func closed() async throws {
        let directory = try AuditDirectory()
        let log = try open(directory)
        await log.close()
        let error = await #expect(throws: AuditError.self) { try await log.record(event(0)) }
        #expect(error?.code == .closed)
    }

    @Test("a log that is open is locked")
    func locked() async throws {
        let directory = try AuditDirectory()
        let log = try open(directory)
        let error = #expect(throws: AuditError.self) { try open(directory) }
        #expect(error?.code == .locked)
        await log.close()
        await (try open(directory)).close()
    }

    @Test("a directory that cannot be made refuses to open")
    func noDirectory() throws {
        let directory = try AuditDirectory()
        try directory.write([1], to: "audit")
        #expect(throws: AuditError.self) { try open(directory) }
        try directory.write([1], to: "file")
        #expect(throws: AuditError.self) {
            try AuditLog(
                directory: directory.path + "/file/audit", keyFile: directory.path + "/audit.key",
                origin: auditOrigin)
        }
    }

    @Test("a log whose key was lost is not continued with a new one")
    func lostKey() async throws {
        let directory = try AuditDirectory()
        await (try open(directory)).close()
        try FileManager.default.removeItem(atPath: directory.path + "/audit.key")
        let error = #expect(throws: AuditError.self) { try open(directory) }
        #expect(error?.code == .missingKey)
    }
}
