import Lantern
import LanternTesting
import LanternTrust
import Synchronization
import Testing

/// Quotas of a Lantern daemon as stock Pyro clients see them.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonQuotaTests {
    /// Time that only the test moves, in nanoseconds.
    private final class Clock: Sendable {
        private let time = Mutex<Int64>(1_000_000_000)
        var now: Int64 { time.withLock { $0 } }
        func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds * 1_000_000 } }
    }

    private let clock = Clock()

    private func side(_ quota: Quota, hosts: TestHosts, _ homes: [LanternHome]) async throws -> LanternSide {
        let clock = clock
        let policy = try PolicyTable(
            rules: LanternSide.rules,
            quotas: [QuotaRule(identities: ["spiffe://lantern.test/client"], quota: quota)])
        return try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: 0) {
            $0.policy = policy
            $0.quotaClock = { clock.now }
        }
    }

    private func ask(_ client: PythonProcess, _ line: String) async throws -> String {
        try client.tell(line)
        return try await client.ready()
    }

    @Test(
        "a Pyro client over its quota gets a clear error on a connection that stays, and is let in again",
        arguments: [PyroGeneration.pyro5, .pyro4])
    func calls(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let side = try await side(Quota(calls: .init(perSecond: 2, burst: 3)), hosts: hosts, homes)
        let client = try PythonProcess("quota.py", home: homes[1], side.workshop, generation: generation)
        #expect(try await client.ready() == "call x1")
        #expect(try await ask(client, "second") == "second x1 | same connection")
        #expect(try await ask(client, "third") == "third x1 | same connection")
        let refusal =
            "PyroError: over the quota: 2 calls per second; try again in 500 ms | calls-per-second 0.5"
            + " | same connection"
        for _ in 0..<3 { #expect(try await ask(client, "over") == refusal) }
        clock.advance(milliseconds: 499)
        #expect(try await ask(client, "early").contains("try again in 1 ms") == true)
        clock.advance(milliseconds: 1)
        #expect(try await ask(client, "fourth") == "fourth x1 | same connection")
        #expect(try await ask(client, "over") == refusal)
        await client.stop()
        // Another process of the same identity has no quota of its own.
        let other = try await PythonProcess("quota.py", home: homes[1], side.workshop, generation: generation)
            .finish()
        #expect(other.status != 0 && other.errors.contains("over the quota"), "\(other.errors)")
        await side.daemon.shutdown()
    }

    @Test("bytes of a Pyro client's calls and answers count")
    func bytes() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let side = try await side(Quota(bytes: .init(perSecond: 1_000, burst: 1_000)), hosts: hosts, homes)
        let client = try PythonProcess("quota.py", home: homes[1], side.workshop)
        #expect(try await client.ready() == "call x1")
        let long = String(repeating: "x", count: 2_000)
        #expect(try await ask(client, long) == "\(long) x1 | same connection")
        let refusal = try await ask(client, "over")
        #expect(
            refusal.hasPrefix("PyroError: over the quota: 1000 bytes per second; try again in"), "\(refusal)")
        #expect(refusal.contains("| bytes-per-second "))
        clock.advance(milliseconds: 60_000)
        #expect(try await ask(client, "again") == "again x1 | same connection")
        await client.stop()
        await side.daemon.shutdown()
    }
}
