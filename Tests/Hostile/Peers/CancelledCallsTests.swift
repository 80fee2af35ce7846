import Foundation
import Lantern
import LanternTesting
import LanternTrust
import LanternValue
import Synchronization
import Testing

/// A client that calls and takes back, as fast as it can.
///
/// `LANTERN_HOSTILE_CALLS` sets how often; `Scripts/hostile` does it a million times.
@Suite(.serialized, .timeLimit(.minutes(30)))
struct CancelledCallsTests {
    private static let total =
        ProcessInfo.processInfo.environment["LANTERN_HOSTILE_CALLS"].flatMap { Int($0) } ?? 20_000
    private static let limit = 16

    /// Counts handlers that run, and the most that ever did.
    private final class Meter: Sendable {
        private let state = Mutex((now: 0, most: 0, total: 0))
        var most: Int { state.withLock { $0.most } }
        var now: Int { state.withLock { $0.now } }

        func enter() {
            state.withLock { state in
                state.now += 1
                state.total += 1
                state.most = max(state.most, state.now)
            }
        }
        func leave() { state.withLock { $0.now -= 1 } }
    }

    /// Runs until it is cancelled.
    private struct Patient: DynamicObject {
        let meter: Meter
        let members = DynamicMembers(methods: ["work", "ping"])

        func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
            guard member == "work" else { return .value(.text("pong")) }
            meter.enter()
            defer { meter.leave() }
            try await Task.sleep(for: .seconds(3600))
            return .value(.none)
        }
    }

    @Test("calls that are cancelled at once never run more handlers than the limit, and leave nothing behind")
    func cancelled() async throws {
        let hosts = try TestHosts()
        let rule = PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"])
        var (server, caller) = try hosts.pair(rules: [rule])
        server.listen.host = "127.0.0.1"
        server.limits.handlersPerConnection = Self.limit
        caller.proxies.timeout = .seconds(600)
        let daemon = try await Daemon(settings: server)
        let meter = Meter()
        try await daemon.register(dynamic: Patient(meter: meter), id: "patient")
        let client = try Client(settings: caller)
        let proxy = try client.dynamicProxy("PYRO:patient@127.0.0.1:\(daemon.port)")
        #expect(try await proxy.call("ping") == .text("pong"))
        let start = ContinuousClock.now
        let memory = try residentBytes()
        var done = 0
        while done < Self.total {
            let count = min(1000, Self.total - done)
            await withTaskGroup { group in
                for _ in 0..<count { group.addTask { _ = try? await proxy.call("work") } }
                group.cancelAll()
            }
            done += count
        }
        // The last cancellations are behind this call on the same connection.
        #expect(try await proxy.call("ping") == .text("pong"))
        let growth = try residentBytes() - memory
        print(
            "cancelled calls: \(done) in \(start.duration(to: .now)), at most \(meter.most) handlers ran of "
                + "\(Self.limit), memory grew by \(growth >> 10) KiB")
        #expect(meter.most <= Self.limit)
        #expect(growth < 64 << 20)
        await client.shutdown()
        await daemon.shutdown()
        #expect(meter.now == 0)
    }

    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii).split(separator: " ")
        return try #require(fields.count > 1 ? Int(fields[1]) : nil) * sysconf(Int32(_SC_PAGESIZE))
    }
}
