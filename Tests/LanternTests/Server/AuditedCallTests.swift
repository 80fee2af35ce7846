import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Synchronization
import Testing

@testable import Lantern

/// Calls that a rule has recorded: the record first, then the answer; no record, no call.
@Suite(.timeLimit(.minutes(1)))
struct AuditedCallTests {
    final class Sink: AuditSink {
        struct State {
            var refusal: AuditError?
            var isHeld = false
            var events: [AuditEvent] = []
        }
        let state = Mutex(State())

        func admit() throws { if let refusal = state.withLock(\.refusal) { throw refusal } }

        func record(_ event: AuditEvent) async throws {
            try admit()
            state.withLock { $0.events.append(event) }
            while state.withLock(\.isHeld) { await Task.yield() }
        }
    }

    private let sink = Sink()

    private func loopback() async throws -> (Loopback, DynamicProxy) {
        let table = try PolicyTable(rules: [
            PolicyRule(.allow, identities: ["*"], objects: ["lab"], methods: ["*"], audit: .names)
        ])
        let sink = sink
        let loopback = try await Loopback(adjust: {
            $0.policy = table
            $0.audit = sink
        })
        return (loopback, try loopback.client.dynamicProxy("PYRO:lab@\(loopback.daemon.location)"))
    }

    private final class Count: Sendable {
        let value = Mutex(0)
    }

    private func register(_ loopback: Loopback, _ count: Count) async throws {
        let method: Lab.Method = { _ in
            count.value.withLock { $0 += 1 }
            return .value("the answer")
        }
        try await loopback.daemon.register(dynamic: Lab(["work": method]), id: "lab")
    }

    @Test("the answer waits until the record is durable")
    func recordFirst() async throws {
        let (loopback, proxy) = try await loopback()
        try await register(loopback, Count())
        sink.state.withLock { $0.isHeld = true }
        let answered = Count()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await proxy.call("work", "secret")
                answered.value.withLock { $0 += 1 }
            }
            while sink.state.withLock(\.events).isEmpty { await Task.yield() }
            try await loopback.client.dynamicProxy("PYRO:Pyro.Daemon@\(loopback.daemon.location)").call(
                "ping")
            #expect(answered.value.withLock { $0 } == 0)
            sink.state.withLock { $0.isHeld = false }
            try await group.waitForAll()
        }
        let event = try #require(sink.state.withLock(\.events).first)
        #expect(event.epoch == 1)
        #expect(event.fingerprint.utf8.count == 64)
        #expect(event.address.contains(":"))
        #expect(!event.keyID.isEmpty && !event.correlationID.isEmpty && !event.rule.isEmpty)
        // Arguments and results are nobody's business.
        #expect(!event.line.contains("secret") && !event.line.contains("answer"))
        await loopback.close()
    }

    @Test("what cannot be recorded is not done, and the caller is told why, without paths")
    func failsClosed() async throws {
        let (loopback, proxy) = try await loopback()
        let count = Count()
        try await register(loopback, count)
        sink.state.withLock {
            $0.refusal = AuditError(.storage, "cannot write /srv/audit/journal: No space left on device")
        }
        let error = await #expect(throws: RemoteError.self) { try await proxy.call("work", 1) }
        #expect(error?.message.contains("audit log cannot be written: No space left on device") == true)
        #expect(error?.message.contains("/srv") == false)
        #expect(count.value.withLock { $0 } == 0)
        sink.state.withLock { $0.refusal = nil }
        #expect(try await proxy.call("work", 1) == "the answer")
        await loopback.close()
    }
}
