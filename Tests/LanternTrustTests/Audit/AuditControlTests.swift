import Foundation
import Testing

@testable import LanternTrust

/// New keys and pruning, with the log open in this process and closed.
struct AuditControlTests {
    private let directory: AuditDirectory
    private var audit: String { directory.path + "/audit" }
    private var control: AuditControl {
        AuditControl(directory: audit, keyFile: directory.path + "/audit.key")
    }

    init() throws { directory = try AuditDirectory() }

    private func open() throws -> AuditLog {
        try AuditLog(directory: audit, keyFile: directory.path + "/audit.key", origin: auditOrigin)
    }

    private func write(_ range: Range<Int>, to log: AuditLog) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in range { group.addTask { try await log.record(event(number)) } }
            try await group.waitForAll()
        }
    }

    @Test(
        "after a rotation the log verifies with the old key and with the new one", arguments: [true, false])
    func rotate(isOpen: Bool) async throws {
        var log = try open()
        try await write(0..<5, to: log)
        let first = log.verifierKey
        let kept = String(decoding: log.checkpoint, as: UTF8.self)
        if !isOpen { await log.close() }
        let second = try await control.rotate()
        let third = try await control.rotate()
        if !isOpen { log = try open() }
        #expect(Set([first, second, third]).count == 3)
        #expect(log.verifierKey == third)
        try await write(5..<8, to: log)
        await log.close()
        for key in [first, second, third] {
            let report = try AuditLog.verify(directory: audit, verifierKey: key)
            #expect(report.isIntact, "\(report)")
            #expect(report.size == 10)
        }
        let handed = kept.isEmpty ? nil : kept
        #expect(try AuditLog.verify(directory: audit, verifierKey: third, earlier: handed).isIntact)
        let stranger = try makeKey(AuditDirectory()).verifier.text
        #expect(try !AuditLog.verify(directory: audit, verifierKey: stranger).isIntact)
        #expect(
            try AuditLog.tail(directory: audit, count: 10).filter { $0.contains("\"rotate\"") }.count == 2)
    }

    @Test("a change of key that is altered, or signed by one key alone, is a fault")
    func forgedChange() async throws {
        let log = try open()
        try await write(0..<5, to: log)
        let first = log.verifierKey
        await log.close()
        _ = try await control.rotate()
        let note = try directory.bytes("audit/keys/1")
        for place in [10, 60, 200, note.count - 20] {
            var bad = note
            bad[place] = bad[place] == 65 ? 66 : 65
            try directory.write(bad, to: "audit/keys/1")
            let report = try? AuditLog.verify(directory: audit, verifierKey: first)
            #expect(report?.isIntact != true, "byte \(place)")
        }
        // The last signature line is that of the new key.
        let lines = String(decoding: note, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        let single = lines.dropLast(2).joined(separator: "\n") + "\n"
        try directory.write(Array(single.utf8), to: "audit/keys/1")
        #expect(try !AuditLog.verify(directory: audit, verifierKey: first).isIntact)
    }

    @Test("a rotation that was interrupted is finished, or was never begun")
    func interrupted() async throws {
        let log = try open()
        try await write(0..<3, to: log)
        let first = log.verifierKey
        await log.close()
        let old = try directory.bytes("audit.key")
        let checkpoint = try directory.bytes("audit/checkpoint")
        _ = checkpoint
        // A key that nothing speaks of yet is thrown away.
        _ = try AuditKey.create(file: directory.path + "/audit.key.next", origin: auditOrigin)
        let again = try open()
        #expect(again.verifierKey == first)
        await again.close()
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/audit.key.next"))
        // Announced, but the files are those from before the key was put in its place.
        let second = try await control.rotate()
        try FileManager.default.moveItem(
            atPath: directory.path + "/audit.key", toPath: directory.path + "/audit.key.next")
        try directory.write(old, to: "audit.key")
        chmod(directory.path + "/audit.key", 0o600)
        let finished = try open()
        #expect(finished.verifierKey == second)
        await finished.close()
        #expect(try AuditLog.verify(directory: audit, verifierKey: first).isIntact)
    }

    @Test("pruned entries are told, the rest is proved", arguments: [true, false])
    func prune(isOpen: Bool) async throws {
        var log = try open()
        try await write(0..<700, to: log)
        if !isOpen { await log.close() }
        let pruned = try await control.prune(below: 600)
        #expect(pruned == 512)
        if !isOpen { log = try open() }
        try await write(700..<703, to: log)
        await log.close()
        let report = try AuditLog.verify(directory: audit, verifierKey: log.verifierKey)
        #expect(report.isIntact, "\(report)")
        #expect(report.pruned == 512)
        #expect(report.size == 704)
        #expect(!FileManager.default.fileExists(atPath: audit + "/tile/entries/000"))
        #expect(try AuditLog.proveInclusion(of: 5, directory: audit).entry == nil)
        let (proof, entry) = try AuditLog.proveInclusion(of: 600, directory: audit)
        _ = try ProofText.check(inclusion: proof, entry: entry ?? [], verifierKey: log.verifierKey)
        var seen: [Int] = []
        var cursor = AuditCursor(directory: audit)
        try cursor.read { number, _ in
            seen.append(number)
            return true
        }
        #expect(seen == Array(512..<704))
    }

    @Test("bundles that are missing without the owner's word are a fault, with a forged word too")
    func unsignedPrune() async throws {
        let log = try open()
        try await write(0..<300, to: log)
        await log.close()
        try FileManager.default.removeItem(atPath: audit + "/tile/entries/000")
        #expect(try AuditLog.verify(directory: audit, verifierKey: log.verifierKey).fault?.entry == 0)
        let stranger = try makeKey(AuditDirectory())
        let mark = PruneMark(origin: auditOrigin, size: 256)
        try directory.write(mark.note(signedBy: stranger), to: "audit/pruned")
        #expect(try !AuditLog.verify(directory: audit, verifierKey: log.verifierKey).isIntact)
    }

    @Test("a log with no whole bundle has nothing to prune, and an unknown request is refused")
    func refusals() async throws {
        let log = try open()
        try await write(0..<3, to: log)
        let error = await #expect(throws: AuditError.self) { try await control.prune(below: 3) }
        #expect(error?.code == .refused)
        await log.close()
        let nothing = AuditControl(
            directory: directory.path + "/none", keyFile: directory.path + "/audit.key")
        await #expect(throws: AuditError.self) { try await nothing.rotate() }
    }

    @Test("what is in the journal only is read and verified while the log is open")
    func journalIsRead() async throws {
        let log = try open()
        for number in 0..<20 { try await log.record(event(number)) }
        #expect(try AuditLog.tail(directory: audit, count: 3) == (17..<20).map { event($0).line })
        let report = try AuditLog.verify(directory: audit, verifierKey: log.verifierKey)
        #expect(report.isIntact)
        #expect(report.size == 20)
        await log.close()
    }
}
