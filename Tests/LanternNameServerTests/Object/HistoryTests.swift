import Foundation
import Lantern
import LanternNameServer
import LanternTesting
import LanternTrust
import Testing

/// Checkpoints that a name server shows at the handshake, and what a client makes of them.
@Suite(.timeLimit(.minutes(1)))
struct HistoryTests {
    private func client(_ fixture: NameServerFixture, _ memory: CheckpointMemory) throws -> Client {
        var settings = fixture.alicesSettings
        settings.seenCheckpoints = memory
        return try Client(settings: settings)
    }

    /// Connects, calls and ends, as often as asked.
    private func visit(_ fixture: NameServerFixture, _ memory: CheckpointMemory) async throws -> Client {
        let client = try client(fixture, memory)
        let proxy = try client.dynamicProxy("\(fixture.server.uri)")
        try await proxy.call("ping")
        try await proxy.call("count")
        await client.shutdown()
        proxy.remote.close()
        return client
    }

    @Test("a log that grows is followed from visit to visit, and kept in the home")
    func follows() async throws {
        try await NameServerFixture.run { fixture in
            let seen = fixture.hosts.directory + "/seen"
            let memory = CheckpointMemory(directory: seen)
            var kept: Set<Data> = []
            for _ in 0..<4 {
                let client = try await visit(fixture, memory)
                #expect(client.rewrittenHistories.isEmpty)
                for file in try FileManager.default.contentsOfDirectory(atPath: seen) {
                    kept.insert(try Data(contentsOf: URL(fileURLWithPath: seen + "/" + file)))
                }
                try await fixture.bob.call("ping")
                let limit = ContinuousClock.now + .seconds(5)
                let size = try AuditCursor(directory: fixture.auditDirectory).size()
                while ContinuousClock.now < limit {
                    let note = try AuditLog.checkpointNote(directory: fixture.auditDirectory)
                    if try AuditLog.size(ofCheckpoint: note) >= size { break }
                    await Task.yield()
                }
            }
            #expect(kept.count > 1)
        }
    }

    @Test("a client that has seen another history says so", arguments: [1, 5000])
    func rewritten(entries: Int) async throws {
        try await NameServerFixture.run { fixture in
            // The same key has signed something else before.
            let other = fixture.hosts.directory + "/other"
            try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: fixture.hosts.directory + "/ns/keys/audit.key", toPath: other + "/audit.key")
            let log = try AuditLog(
                directory: other + "/audit", keyFile: other + "/audit.key", origin: "lantern.test/audit")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<min(entries, 1000) {
                    group.addTask {
                        try await log.record(AuditEvent(time: Int64(number), actor: "dns:forged"))
                    }
                }
                try await group.waitForAll()
            }
            await log.close()
            let memory = CheckpointMemory()
            let shown = CheckpointMemory.handout(
                verifierKey: log.verifierKey,
                note: Array(try AuditLog.checkpointNote(directory: other + "/audit").utf8))
            #expect(memory.judge(shown, from: "spiffe://lantern.test/ns") == .fits)
            var found: [RewrittenHistory] = []
            for _ in 0..<50 where found.isEmpty {
                found = try await visit(fixture, memory).rewrittenHistories
            }
            #expect(found.first?.server == "spiffe://lantern.test/ns")
        }
    }
}
