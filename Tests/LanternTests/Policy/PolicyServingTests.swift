import Foundation
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Synchronization
import Testing

@testable import Lantern

/// Quotas, tried rules and rules that are recorded, from the socket on.
@Suite(.timeLimit(.minutes(2)))
struct PolicyServingTests {
    /// Time that only the test moves, in nanoseconds.
    final class Clock: Sendable {
        private let time = Mutex<Int64>(1_000_000_000)
        var now: Int64 { time.withLock { $0 } }
        func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds * 1_000_000 } }
    }

    let clock = Clock()

    private func loopback(_ quota: Quota) async throws -> Loopback {
        let clock = clock
        let table = try PolicyTable(
            rules: [Loopback.allowAll], quotas: [QuotaRule(identities: ["*"], quota: quota)])
        return try await Loopback(adjust: {
            $0.policy = table
            $0.quotaClock = { clock.now }
        })
    }

    private func quotaError(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch let error as LanternError where error.code == .quotaExceeded {
            return error.detail
        } catch { return "another error: \(error)" }
    }

    @Test("calls over the quota are refused with a clear error, and go on when there is room again")
    func calls() async throws {
        let loopback = try await loopback(Quota(calls: .init(perSecond: 1, burst: 3)))
        let proxy = try loopback.dynamic()
        for expected in 1...3 { #expect(try await proxy.call("add", 1) == .int(Int64(expected))) }
        let refusal = await quotaError { try await proxy.call("add", 1) }
        #expect(refusal == "over the quota: 1 calls per second; try again in 1000 ms")
        clock.advance(milliseconds: 999)
        #expect(await quotaError { try await proxy.call("add", 1) } != nil)
        clock.advance(milliseconds: 1)
        #expect(try await proxy.call("add", 1) == 4)
        #expect(await quotaError { try await proxy.call("add", 1) } != nil)
        await loopback.close()
    }

    @Test("another connection of the same identity shares the quota")
    func shared() async throws {
        let loopback = try await loopback(Quota(calls: .init(perSecond: 1, burst: 2)))
        let other = try Client(settings: loopback.caller)
        #expect(try await loopback.dynamic().call("add", 1) == 1)
        #expect(try await other.dynamicProxy(loopback.uri).call("add", 1) == 2)
        #expect(await quotaError { try await other.dynamicProxy(loopback.uri).call("add", 1) } != nil)
        #expect(await quotaError { try await loopback.dynamic().call("add", 1) } != nil)
        await other.shutdown()
        await loopback.close()
    }

    @Test("a Pyro peer gets an exception that it knows, with the limit and the time to wait")
    func pyro() async throws {
        let loopback = try await loopback(Quota(calls: .init(perSecond: 2, burst: 1)))
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("add", [1]))
        #expect(try #require(await peer.next()).value() == 1)
        try await peer.send(RawEnd.call("add", [1]))
        let record = try #require(await peer.next()).exception()
        #expect(record.className == "Pyro5.errors.PyroError")
        #expect(record.message == "over the quota: 2 calls per second; try again in 500 ms")
        #expect(record.attributes.first { $0.key == "lanternQuota" }?.value == "calls-per-second")
        #expect(record.attributes.first { $0.key == "retryAfter" }?.value == .float(0.5))
        await peer.close()
        await loopback.close()
    }

    @Test("a batch counts for each of its calls")
    func batch() async throws {
        let loopback = try await loopback(Quota(calls: .init(perSecond: 1, burst: 2)))
        let proxy = try loopback.dynamic()
        var batch = proxy.batch()
        for _ in 0..<4 { batch.add("add", 1) }
        _ = try await batch.run()
        #expect(
            await quotaError { try await proxy.call("add", 1) }
                == "over the quota: 1 calls per second; try again in 3000 ms")
        clock.advance(milliseconds: 3_000)
        #expect(try await proxy.call("add", 1) == 5)
        await loopback.close()
    }

    @Test("calls that run at once are counted, and their place is free before their answer is read")
    func concurrent() async throws {
        let loopback = try await loopback(Quota(concurrentCalls: 1))
        let proxy = try loopback.dynamic()
        for expected in 1...50 { #expect(try await proxy.call("add", 1) == .int(Int64(expected))) }
        await loopback.close()
    }

    @Test("bytes of calls and answers count")
    func bytes() async throws {
        let loopback = try await loopback(Quota(bytes: .init(perSecond: 100, burst: 100)))
        let proxy = try loopback.dynamic()
        var refusal: String?
        for _ in 0..<50 where refusal == nil { refusal = await quotaError { try await proxy.call("add", 1) } }
        #expect(refusal?.hasPrefix("over the quota: 100 bytes per second") == true)
        clock.advance(milliseconds: 60_000)
        #expect(await quotaError { try await proxy.call("add", 1) } == nil)
        await loopback.close()
    }

    @Test("another policy brings a quota to open connections, changes it and takes it away")
    func replaced() async throws {
        let clock = clock
        let loopback = try await Loopback(adjust: { $0.quotaClock = { clock.now } })
        func replace(_ quota: Quota?) throws {
            let quotas = quota.map { [QuotaRule(identities: ["*"], quota: $0)] } ?? []
            try loopback.daemon.replacePolicy(PolicyTable(rules: [Loopback.allowAll], quotas: quotas))
        }
        let proxy = try loopback.dynamic()
        let call = { try await proxy.call("add", 1) }
        for expected in 1...5 { #expect(try await call() == .int(Int64(expected))) }
        try replace(Quota(calls: .init(perSecond: 1, burst: 2)))
        for expected in 6...7 { #expect(try await call() == .int(Int64(expected))) }
        #expect(
            await quotaError { _ = try await call() }
                == "over the quota: 1 calls per second; try again in 1000 ms")
        // What was used stays used.
        try replace(Quota(calls: .init(perSecond: 10, burst: 20)))
        #expect(
            await quotaError { _ = try await call() }
                == "over the quota: 10 calls per second; try again in 100 ms")
        clock.advance(milliseconds: 100)
        #expect(try await call() == 8)
        #expect(await quotaError { _ = try await call() } != nil)
        try replace(nil)
        for expected in 9...30 { #expect(try await call() == .int(Int64(expected))) }
        await loopback.close()
    }

    // MARK: - Rules that are tried

    @Test("rules that are tried decide nothing, and what they would decide otherwise is told and counted")
    func trial() async throws {
        let deny = PolicyRule(
            .deny, identities: ["*"], objects: ["*"], methods: ["add"], line: 7, source: "next")
        let next = try PolicyTable(rules: [Loopback.allowAll, deny])
        let now = PolicyRule(
            .allow, identities: ["*"], objects: ["counter"], methods: ["add"], line: 3, source: "now")
        let table = try PolicyTable(rules: [now]).trying(next)
        let book = LogBook()
        let loopback = try await Loopback(logger: book.logger, adjust: { $0.policy = table })
        let proxy = try loopback.dynamic()
        for _ in 0..<3 { _ = try await proxy.call("add", 1) }
        await #expect(throws: RemoteError.self) { try await proxy.call("notes") }
        let found = loopback.daemon.policyDifferences
        #expect(found.map(\.method) == ["add", "notes"])
        #expect(found.map(\.count) == [3, 1])
        #expect(found.map(\.isAllowed) == [true, false])
        #expect(found.first?.reason == "allowed by now:3" && found.first?.nextReason == "denied by next:7")
        #expect(loopback.daemon.policyDifferenceCounts == (wouldAllow: 1, wouldDeny: 3))
        // Other rules to be tried begin anew; none are none.
        try loopback.daemon.replacePolicy(PolicyTable(rules: [now]))
        _ = try await proxy.call("add", 1)
        #expect(loopback.daemon.policyDifferenceCounts.wouldDeny == 3)
        await loopback.close()
    }

    @Test("a home's policy-next.yaml is tried; one with a mistake is passed over with a complaint")
    func nextFile() throws {
        let hosts = try TestHosts()
        let home = try hosts.homes(["server"], policy: "version: 1\nrules: []")[0]
        #expect(try Settings.load(home).policy.next == nil)
        try "version: 2\nrules: []".write(toFile: home.nextPolicyFile, atomically: true, encoding: .utf8)
        #expect(try Settings.load(home).policy.next?.rules.isEmpty == true)
        try "version: 2\nruels: []".write(toFile: home.nextPolicyFile, atomically: true, encoding: .utf8)
        let settings = try Settings.load(home)
        #expect(settings.policy.next == nil)
        #expect(settings.complaints.first?.contains("ruels") == true)
    }

    // MARK: - Rules that are recorded

    actor Sink: AuditSink {
        private(set) var events: [AuditEvent] = []
        func record(_ event: AuditEvent) async throws { events.append(event) }
    }

    @Test("a rule's audit level records what it allows and refuses on objects that are not audited")
    func audit() async throws {
        func rule(_ effect: PolicyRule.Effect, _ method: String, _ audit: AuditLevel) -> PolicyRule {
            PolicyRule(effect, identities: ["*"], objects: ["lab"], methods: [method], audit: audit)
        }
        let table = try PolicyTable(rules: [
            rule(.allow, "plain", .object), rule(.allow, "named", .names), rule(.allow, "full", .all),
            rule(.deny, "no", .names),
        ])
        let sink = Sink()
        let loopback = try await Loopback(adjust: {
            $0.policy = table
            $0.audit = sink
        })
        let answer: Lab.Method = { _ in .value(.none) }
        try await loopback.daemon.register(
            dynamic: Lab(["plain": answer, "named": answer, "full": answer, "no": answer]), id: "lab")
        let proxy = try loopback.client.dynamicProxy("PYRO:lab@\(loopback.daemon.location)")
        for method in ["plain", "named", "full"] { try await proxy.call(method, "argument") }
        await #expect(throws: RemoteError.self) { try await proxy.call("no", "argument") }
        let events = await sink.events
        #expect(events.map(\.method) == ["named", "full", "no"])
        #expect(events.map(\.target) == ["", "argument", ""])
        #expect(events.map(\.decision) == ["permit", "permit", "deny"])
        await loopback.close()
    }

    @Test("a policy that demands records is refused where there is no audit log")
    func auditDemanded() async throws {
        let rule = PolicyRule(
            .allow, identities: ["*"], objects: ["*"], methods: ["*"], audit: .names, line: 5,
            source: "policy.yaml")
        let table = try PolicyTable(rules: [rule])
        let error = await #expect(throws: LanternError.self) {
            try await Loopback(adjust: {
                $0.policy = table; $0.auditPlace = nil
            })
        }
        #expect(error?.detail.hasPrefix("policy.yaml:5: ") == true)
        let loopback = try await Loopback(adjust: { $0.auditPlace = nil })
        #expect(throws: LanternError.self) { try loopback.daemon.replacePolicy(table) }
        #expect(try await loopback.dynamic().call("add", 1) == 1)
        await loopback.close()
    }

    @Test("a daemon of a home opens the home's audit log when its policy demands one")
    func auditOfHome() async throws {
        let table = try PolicyTable(rules: [
            PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"], audit: .names)
        ])
        let loopback = try await Loopback(adjust: { $0.policy = table })
        _ = try await loopback.dynamic().call("add", 1)
        await loopback.close()
        let place = try #require(loopback.server.auditPlace)
        let lines = try AuditLog.tail(directory: place.directory, count: 10)
        #expect(lines.contains { $0.contains("\"method\":\"add\"") && $0.contains("\"result\":\"ok\"") })
    }
}
