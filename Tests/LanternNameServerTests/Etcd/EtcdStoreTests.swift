import Lantern
import LanternEtcd
import LanternTLS
import LanternTesting
import Testing

@testable import LanternNameServer

/// What only the store on etcd has: several name servers, servers that fail, certificates.
@Suite(.enabled(if: EtcdCluster.isUsable, "\(EtcdCluster.howToGet)"), .timeLimit(.minutes(5)))
struct EtcdStoreTests {
    private static let owner = "spiffe://lantern.test/a"

    private func entry(_ name: String) -> NameEntry { NameEntry(name: name, uri: "PYRO:o@host:1") }

    private func put(_ store: EtcdNameStore, _ name: String) async throws {
        let entry = entry(name)
        try await store.update(name) { _ in .put(entry) }
    }

    @Test("what one name server acknowledged another has within the bound, and with a fresh read at once")
    func twoNameServers() async throws {
        let cluster = try await EtcdCluster.shared.value
        let one = try await cluster.store()
        let other = try await cluster.store(prefix: one.settings.prefix)
        for index in 0..<20 {
            try await put(one, "n\(index)")
            try await other.confirm()
            #expect(try await other.lookup("n\(index)") == entry("n\(index)"))
        }
        #expect(one.history.incarnation == other.history.incarnation)
        // A refusal is decided on what is there now, not on what was seen last.
        try await put(one, "late")
        await #expect(throws: NamingError.self) {
            try await other.update("late") { existing in
                if existing != nil { throw NamingError.alreadyRegistered("late") }
                return .remove
            }
        }
        await one.close()
        await other.close()
    }

    @Test(
        "a watch goes on at another name server, also one that was started later, without a gap or a duplicate"
    )
    func watchesResume() async throws {
        let cluster = try await EtcdCluster.shared.value
        let one = try await cluster.store()
        for index in 0..<10 { try await put(one, "n\(index)") }
        let seen = try one.history.changes(after: one.history.compacted, events: 4)
        let position = try #require(seen.last?.revision)
        for index in 10..<20 { try await put(one, "n\(index)") }
        await one.close()
        let other = try await cluster.store(prefix: one.settings.prefix)
        let rest = try other.history.changes(after: position)
        let names = (seen + rest).flatMap(\.events).map(\.name)
        #expect(names == (0..<20).map { "n\($0)" })
        await other.close()
    }

    @Test("a lease of one name server is used, kept and ended at another")
    func leasesAreShared() async throws {
        let cluster = try await EtcdCluster.shared.value
        let one = try await cluster.store()
        let other = try await cluster.store(prefix: one.settings.prefix)
        let lease = try await one.grant(to: Self.owner, duration: 60_000, limits: .init())
        #expect(try await other.leaseKeeping.renew(lease.epoch, of: Self.owner) == lease)
        await #expect(throws: NamingError.self) {
            _ = try await other.leaseKeeping.renew(lease.epoch, of: "spiffe://lantern.test/b")
        }
        let instance = NameInstance(uri: "PYRO:o@h:1", epoch: lease.epoch)
        let entry = try #require(NameEntry(name: "n", instances: [instance], owner: Self.owner))
        try await other.update(["n"], holding: lease.epoch) { _ in [.put(entry)] }
        #expect(try await other.revoke(lease.epoch) == ["n"])
        try await one.confirm()
        #expect(try await one.lookup("n") == nil)
        await #expect(throws: NamingError.self) {
            try await one.update(["n"], holding: lease.epoch) { _ in [.put(entry)] }
        }
        await #expect(throws: NamingError.self) {
            _ = try await one.leaseKeeping.renew(lease.epoch, of: Self.owner)
        }
        #expect(try await one.grant(to: Self.owner, duration: 60_000, limits: .init()).epoch > lease.epoch)
        await one.close()
        await other.close()
    }

    @Test("a lease without heartbeats ends by etcd, and what it held is found dead by every name server")
    func leasesEnd() async throws {
        let cluster = try await EtcdCluster.shared.value
        let one = try await cluster.store { $0.shortestLease = .seconds(1) }
        let other = try await cluster.store(prefix: one.settings.prefix)
        let lease = try await one.grant(to: Self.owner, duration: 1_000, limits: .init())
        let instance = NameInstance(uri: "PYRO:o@h:1", epoch: lease.epoch)
        let entry = try #require(NameEntry(name: "n", instances: [instance], owner: Self.owner))
        try await one.update(["n"], holding: lease.epoch) { _ in [.put(entry)] }
        try await other.confirm()
        let end = ContinuousClock.now + .seconds(60)
        while other.leaseKeeping.expired().isEmpty, .now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(other.leaseKeeping.expired() == [lease])
        #expect(!other.leaseKeeping.isLive(lease.epoch))
        await #expect(throws: NamingError.self) {
            try await one.update(["n"], holding: lease.epoch) { _ in [.put(entry)] }
        }
        // Both clean up; one of them does it.
        async let first = one.revoke(lease.epoch)
        async let second = other.revoke(lease.epoch)
        let found = try await [first, second].compactMap { $0 }
        #expect(found == [["n"]])
        await one.close()
        await other.close()
    }

    @Test("the names survive the death of one server, and are there after the death of all")
    func serversDie() async throws {
        let cluster = try await EtcdCluster()
        let store = try await cluster.store()
        for index in 0..<3 {
            try await put(store, "before\(index)")
            cluster.kill(index)
            try await put(store, "during\(index)")
            try cluster.start(index)
            try await put(store, "after\(index)")
        }
        for index in 0..<3 { cluster.kill(index) }
        for index in 0..<3 { try cluster.start(index) }
        let end = ContinuousClock.now + .seconds(60)
        while (try? await store.confirm()) == nil, .now < end {}
        #expect(try await store.count() == 9)
        try await put(store, "last")
        let events = try store.history.changes(after: store.history.compacted).flatMap(\.events)
        #expect(events.count == 10)
        await store.close()
    }

    @Test("a stopped server is left for another; without a majority reads are refused after the bound")
    func serversStop() async throws {
        let cluster = try await EtcdCluster()
        let store = try await cluster.store()
        try await put(store, "a")
        for index in 0..<3 {
            cluster.pause(index)
            try await put(store, "n\(index)")
            cluster.resume(index)
        }
        cluster.pause(0)
        cluster.pause(1)
        try await Task.sleep(for: store.settings.staleness)
        let error = await #expect(throws: NamingError.self) { _ = try await store.lookup("a") }
        #expect(error?.code == .storeFailed)
        await #expect(throws: NamingError.self) { try await put(store, "b") }
        cluster.resume(0)
        cluster.resume(1)
        let end = ContinuousClock.now + .seconds(60)
        while (try? await store.confirm()) == nil, .now < end {}
        #expect(try await store.lookup("a") == entry("a"))
        await store.close()
    }

    @Test("after a compaction a new name server starts without the old changes, and a running one keeps them")
    func compaction() async throws {
        let cluster = try await EtcdCluster(size: 1)
        let one = try await cluster.store()
        for index in 0..<10 { try await put(one, "n\(index)") }
        let client = try EtcdClient(settings: cluster.settings())
        let revision = try await client.range(EtcdRange(key: one.keys.step)).header.revision
        try await client.compact(revision)
        let other = try await cluster.store(prefix: one.settings.prefix)
        #expect(try await other.count() == 10)
        #expect(other.history.compacted == other.history.current)
        #expect(throws: NamingError.self) { _ = try other.history.changes(after: 2) }
        #expect(try one.history.changes(after: 2).count == 9)
        try await put(other, "next")
        try await one.confirm()
        #expect(one.history.current == other.history.current)
        await client.close()
        await one.close()
        await other.close()
    }

    // MARK: - Certificates

    private func open(_ settings: EtcdSettings) async -> String {
        var settings = settings
        settings.deadline = .seconds(3)
        do {
            let store = try await EtcdNameStore.open(settings)
            await store.close()
            return "opened"
        } catch {
            return (error as? LanternError)?.detail ?? "\(error)"
        }
    }

    @Test("certificates that do not fit are refused, on either side")
    func certificates() async throws {
        let cluster = try await EtcdCluster.shared.value
        let stranger = try TestAuthority(name: "stranger")
        let unknown = await open(
            try cluster.settings(identity: stranger.issue(), roots: cluster.authority.rootsFile))
        #expect(unknown != "opened")
        let otherRoots = await open(try cluster.settings(roots: stranger.rootsFile))
        #expect(otherRoots.contains("unknownAuthority"), "\(otherRoots)")
        let expired = await open(try cluster.settings(identity: cluster.authority.issue(.expired)))
        #expect(expired.contains("expired"), "\(expired)")
        var settings = try cluster.settings()
        settings.endpoints = settings.endpoints.map { EtcdEndpoint(host: "localhost", port: $0.port) }
        #expect(await open(settings) == "opened")
        settings.endpoints = settings.endpoints.map { EtcdEndpoint(host: "127.0.0.2", port: $0.port) }
        #expect(await open(settings) != "opened")
    }

    @Test("an etcd without TLS is refused, and nothing is sent to it")
    func plaintext() async throws {
        let authority = try TestAuthority()
        let place = try EtcdCluster.plainServer()
        let settings = try EtcdSettings(endpoints: [place.endpoint], tls: authority.issue().settings())
        var answer = ""
        let end = ContinuousClock.now + .seconds(30)
        // Until it listens it cannot be reached; then it does not understand us.
        while !answer.contains("Handshake"), .now < end { answer = await open(settings) }
        #expect(answer.contains("closedDuringHandshake"), "\(answer)")
        withExtendedLifetime(place) {}
    }
}
