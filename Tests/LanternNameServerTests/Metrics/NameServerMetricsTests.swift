import Foundation
import LanternTesting
import LanternTrust
import Synchronization
import Testing

@testable import Lantern
@testable import LanternNameServer

/// What a name server counts, and when it is ready.
@Suite(.timeLimit(.minutes(2)))
struct NameServerMetricsTests {
    private let registry = PrometheusRegistry()

    private func value(_ name: String) -> Double? {
        String(decoding: registry.exposition, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// A name server whose numbers go to ``registry``, and a client of it.
    private func serving(
        _ store: any NameStore = MemoryNameStore(),
        _ test: (NameServer, DynamicProxy, any NameService, ManualClock) async throws -> Void
    ) async throws {
        let hosts = try TestHosts()
        let policy = """
            version: 1
            rules:
              - allow: ["*"]
                objects: ["Pyro.NameServer", "Lantern.NameServer"]
                methods: ["*"]
            """
        let homes = try hosts.homes(["ns", "alice"], policy: policy)
        var settings = try Settings.load(homes[0])
        settings.metrics = registry
        let time = ManualClock()
        let server = try await NameServer(
            settings: settings, audit: NameServer.auditLog(of: homes[0], origin: "lantern.test/audit"),
            store: store, clock: time.clock)
        var alice = try Settings.load(homes[1])
        alice.nameServer = NameServerAddress(host: "localhost", port: server.daemon.port)
        let client = try Client(settings: alice)
        let running = Task { try await server.run() }
        do {
            try await test(server, client.dynamicProxy("\(server.uri)"), client.nameServiceStub(), time)
        } catch {
            Issue.record(error)
        }
        await client.shutdown()
        await server.daemon.shutdown()
        try await running.value
    }

    @Test("lookups, registrations, removals, refusals by reason, and the time of the store")
    func counting() async throws {
        try await serving { server, proxy, names, _ in
            try await proxy.call("register", "shop.a", "PYRO:a@host:1")
            try await proxy.call("register", "shop.b", "PYRO:b@host:1")
            for _ in 1...3 { try await proxy.call("lookup", "shop.a") }
            await #expect(throws: (any Error).self) { try await proxy.call("lookup", "no such name") }
            await #expect(throws: (any Error).self) {
                try await proxy.call("list", keywords: ["regex": "(?=x)"])
            }
            let registrations = [
                NameRegistration("shop.c", uri: "PYRO:c@host:1"),
                NameRegistration("shop.d", uri: "PYRO:d@host:1"),
            ]
            _ = try await names.register(registrations, epoch: nil, takingOver: false)
            #expect(try await names.remove(["shop.c", "nothing"], epoch: nil) == 1)
            #expect(try await proxy.call("remove", keywords: ["prefix": "shop."]) == 3)
            await #expect(throws: (any Error).self) { try await names.renew(epoch: 99) }
            await server.keepHouse()
        }
        #expect(value(#"lantern_ns_operations_total{operation="lookup"}"#) == 4)
        #expect(value(#"lantern_ns_operations_total{operation="register"}"#) == 3)
        #expect(value(#"lantern_ns_operations_total{operation="remove"}"#) == 2)
        #expect(value("lantern_ns_names_registered_total") == 4)
        #expect(value("lantern_ns_names_removed_total") == 4)
        #expect(value(#"lantern_ns_refusals_total{reason="unknownName"}"#) == 1)
        #expect(value(#"lantern_ns_refusals_total{reason="invalidRegex"}"#) == 1)
        #expect(value(#"lantern_ns_refusals_total{reason="leaseLost"}"#) == 1)
        #expect(value(#"lantern_ns_store_duration_seconds_count{operation="lookup"}"#) == 4)
        #expect(try #require(value(#"lantern_ns_store_duration_seconds_count{operation="update"}"#)) >= 3)
        #expect(value("lantern_ns_names") == 1, "the name server's own")
        #expect(value("lantern_audit_failing") == 0)
        #expect(try #require(value("lantern_audit_record_duration_seconds_count")) >= 10)
    }

    @Test("leases that end, and watches while they are open")
    func leases() async throws {
        try await serving { server, _, names, time in
            let lease = try await names.grant(milliseconds: 1_000)
            let uri = "PYRO:a@host:1"
            _ = try await names.register(
                [NameRegistration("shop.a", uri: uri)], epoch: lease.epoch, takingOver: false)
            await server.keepHouse()
            #expect(value("lantern_ns_leases") == 1)
            for try await _ in try await names.watch(NameSearch(), after: nil) {
                #expect(value("lantern_ns_watchers") == 1)
                break
            }
            time.advance(1_001)
            await server.keepHouse()
            #expect(value("lantern_ns_leases") == 0)
            #expect(value("lantern_ns_leases_expired_total") == 1)
            while value("lantern_ns_watchers") != 0 { await Task.yield() }
        }
    }

    @Test("a store that fails: the name server is not ready, and the failures are counted")
    func failing() async throws {
        let store = FailingStore()
        try await serving(store) { server, proxy, _, _ in
            while !(await server.daemon.readiness().isReady) { await Task.yield() }
            store.fails.withLock { $0 = true }
            let reasons = await server.daemon.readiness().reasons
            #expect(reasons == [.init(part: "store", detail: "the disk is gone")])
            await #expect(throws: (any Error).self) { try await proxy.call("lookup", "x") }
            #expect(value(#"lantern_ns_store_failures_total{operation="lookup"}"#) == 1)
            store.fails.withLock { $0 = false }
            #expect(await server.daemon.readiness().isReady)
        }
    }

    @Test("every series is in the catalogue, and docs/metrics.md has all of it")
    func catalogue() async throws {
        try await serving { server, _, _, _ in
            await server.keepHouse()
            let all = MetricDescription.daemon + MetricDescription.nameServer
            #expect(MetricPromises.breaches(by: registry, of: all) == [])
        }
        let root = #filePath.prefix(upTo: try #require(#filePath.range(of: "/Tests/")).lowerBound)
        #expect(
            try MetricPromises.missing(in: root + "/docs/metrics.md", of: MetricDescription.nameServer) == [])
    }
}

/// A store in memory that can be told to fail.
private final class FailingStore: NameStore {
    private let base = MemoryNameStore()
    let fails = Mutex(false)

    private func check() throws {
        if fails.withLock({ $0 }) { throw NamingError(.storeFailed, "the disk is gone") }
    }

    var history: ChangeHistory { base.history }
    func lookup(_ name: String) async throws -> NameEntry? {
        try check()
        return await base.lookup(name)
    }
    func update(
        _ names: [String], holding epoch: Int64?,
        _ change: @escaping @Sendable ([NameEntry?]) throws -> [NameChange]
    ) async throws -> NameCommit {
        try check()
        return try await base.update(names, holding: epoch, change)
    }
    func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @escaping @Sendable (NameEntry) -> Bool
    ) async throws -> (removed: Int, kept: Int) {
        try await base.remove(filter, limits: limits, where: mayRemove)
    }
    func snapshot(_ filter: NameFilter, limits: ResultLimits) async throws -> NameSnapshot {
        try await base.snapshot(filter, limits: limits)
    }
    func count() async throws -> Int {
        try check()
        return await base.count()
    }
    func grant(to owner: String, duration: Int64, limits: LeaseLimits) async throws -> NameLease {
        try await base.grant(to: owner, duration: duration, limits: limits)
    }
    func revoke(_ epoch: Int64) async throws -> [String]? { await base.revoke(epoch) }
    func leases() async throws -> [NameLease] { await base.leases() }
    func names(heldBy epoch: Int64) async throws -> [String] { await base.names(heldBy: epoch) }
    func close() async { await base.close() }
}
