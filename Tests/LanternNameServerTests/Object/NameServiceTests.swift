import Foundation
import Lantern
import LanternNameServer
import LanternTesting
import LanternTrust
import Testing

/// `Lantern.NameServer` through a real daemon: TLS, signed handshake, policy, audit.
@Suite(.timeLimit(.minutes(2)))
struct NameServiceTests {
    private let a = "PYRO:o@localhost:7001"
    private let b = "PYRO:o@localhost:7002"

    @Test("instances are registered under a lease, found, and go with it; Pyro's clients see one")
    func leases() async throws {
        try await ServiceFixture.run { fixture in
            let names = try fixture.service("alice")
            let lease = try await names.grant(milliseconds: 5_000)
            #expect(lease.milliseconds == 5_000)
            let revision = try await names.register(
                [
                    NameRegistration("shop.a", uri: a, weight: 2, tags: ["x"]),
                    NameRegistration("shop.b", uri: a),
                ], epoch: lease.epoch, takingOver: false)
            #expect(revision > lease.epoch)
            _ = try await names.register(
                [NameRegistration("shop.a", uri: b, weight: 1)], epoch: nil, takingOver: false)
            let found = try await names.lookup(name: "shop.a")
            #expect(found.uri == a)
            #expect(found.owner == "spiffe://lantern.test/alice")
            #expect(
                found.instances == [
                    InstanceDetails(uri: a, weight: 2, tags: ["x"], epoch: lease.epoch),
                    InstanceDetails(uri: b, weight: 1, tags: [], epoch: nil),
                ])
            #expect(try await fixture.client("bob").nameServer().lookup("shop.a").description == a)
            #expect(try await names.renew(epoch: lease.epoch).names == ["shop.a", "shop.b"])
            let report = try await names.leases()
            #expect(report.map(\.epoch) == [lease.epoch])
            #expect(report.map(\.names) == [["shop.a", "shop.b"]])
            #expect(report.map(\.remaining) == [5_000])
            fixture.time.advance(5_000)
            #expect(try await names.find(NameSearch(prefix: "shop.")).names.map(\.uri) == [b])
            await fixture.server.keepHouse()
            #expect(
                await ServiceFixture.failure { _ = try await names.renew(epoch: lease.epoch) } == "leaseLost")
            let stale = await ServiceFixture.failure {
                _ = try await names.register(
                    [NameRegistration("shop.c", uri: a)], epoch: lease.epoch, takingOver: false)
            }
            #expect(stale == "leaseLost")
            #expect(try await names.owners(prefix: "").map(\.names).contains(1))
            let lines = try AuditLog.tail(directory: fixture.auditDirectory, count: 100)
            let expiry = try #require(lines.first { $0.contains(#""method":"expire""#) })
            #expect(expiry.contains("shop.a shop.b"))
            #expect(lines.contains { $0.contains(#""method":"register","target":"shop.a shop.b""#) })
        }
    }

    @Test("names belong to who registered them; rules on Lantern.NameOwners open single ones")
    func ownership() async throws {
        try await ServiceFixture.run { fixture in
            let (alice, bob, admin) = (
                try fixture.service("alice"), try fixture.service("bob"), try fixture.service("admin")
            )
            let both = [NameRegistration("shop.a", uri: a), NameRegistration("bank.a", uri: a)]
            _ = try await alice.register(both, epoch: nil, takingOver: false)
            for service in [bob, admin] {
                let replaced = await ServiceFixture.failure {
                    _ = try await service.register(
                        [NameRegistration("shop.a", uri: b)], epoch: nil, takingOver: true)
                }
                #expect(replaced == "notOwner")
                #expect(
                    await ServiceFixture.failure { try await service.setMetadata(of: "shop.a", to: ["x"]) }
                        == "notOwner")
            }
            #expect(
                await ServiceFixture.failure { _ = try await bob.remove(["shop.a"], epoch: nil) }
                    == "notOwner")
            let half = await ServiceFixture.failure {
                _ = try await admin.remove(["shop.a", "bank.a"], epoch: nil)
            }
            #expect(half == "notOwner")
            #expect(try await admin.remove(["shop.a"], epoch: nil) == 1)
            #expect(try await alice.find(NameSearch()).names.map(\.name) == ["Pyro.NameServer", "bank.a"])
        }
    }

    @Test("rules with names give and take single names, for Lantern's and for Pyro's clients")
    func nameRights() async throws {
        try await ServiceFixture.run { fixture in
            let (alice, bob, till) = (
                try fixture.service("alice"), try fixture.service("bob"), try fixture.service("till")
            )
            let all = ["secret.a", "shop.a", "till.a"].map { NameRegistration($0, uri: a) }
            _ = try await alice.register(Array(all.prefix(2)), epoch: nil, takingOver: false)
            let refused = await ServiceFixture.failure {
                _ = try await till.register([all[2], all[1]], epoch: nil, takingOver: false)
            }
            #expect(refused == "notAllowed")
            _ = try await till.register([all[2]], epoch: nil, takingOver: false)
            #expect(try await till.find(NameSearch()).names.map(\.name) == ["till.a"])
            #expect(
                await ServiceFixture.failure { _ = try await till.lookup(name: "shop.a") } == "unknownName")
            #expect(
                await ServiceFixture.failure { _ = try await bob.lookup(name: "secret.a") } == "unknownName")
            #expect(try await bob.find(NameSearch(prefix: "s")).names.map(\.name) == ["shop.a"])
            let hidden = await ServiceFixture.failure {
                _ = try await bob.register(
                    [NameRegistration("secret.b", uri: a)], epoch: nil, takingOver: false)
            }
            #expect(hidden == "notAllowed")

            let pyro = try fixture.client("bob").nameServer()
            #expect(try await pyro.list(prefix: "s").keys.sorted() == ["shop.a"])
            await #expect(throws: LanternError.self) { try await pyro.lookup("secret.a") }
            let pyroTill = try fixture.client("till").nameServer()
            let outside = await ServiceFixture.failure {
                try await pyroTill.register("shop.z", uri: PyroURI(a))
            }
            #expect(outside == "NamingError")
            try await pyroTill.register("till.b", uri: PyroURI(a))
            #expect(try await pyroTill.remove(prefix: "") == 0)
            #expect(try await pyroTill.remove(prefix: "till.") == 2)
        }
    }

    @Test("a watch goes on after its connection was lost, without a gap or a duplicate")
    func watching() async throws {
        try await ServiceFixture.run { fixture in
            let alice = try fixture.service("alice")
            let watcher = try fixture.service("alice")
            let updates = NameUpdates(
                watcher, NameSearch(prefix: "shop."), pause: .milliseconds(1))
            var iterator = updates.makeAsyncIterator()
            #expect(try await iterator.next()?.changes == [])
            var seen: [String] = []
            for round in 0..<4 {
                for index in 0..<5 {
                    _ = try await alice.register(
                        [NameRegistration("shop.\(round).\(index)", uri: a)], epoch: nil,
                        takingOver: false)
                }
                if round > 0 { watcher.proxy.close() }
                while seen.count < 5 * (round + 1) {
                    seen += try await iterator.next()?.changes.map(\.name) ?? []
                }
            }
            #expect(seen == (0..<4).flatMap { round in (0..<5).map { "shop.\(round).\($0)" } })
            let old = WatchPosition(store: "another", revision: 0)
            var late = NameUpdates(watcher, NameSearch(), after: old).makeAsyncIterator()
            #expect(await ServiceFixture.failure { _ = try await late.next() } == "compacted")
        }
    }

    @Test("a watcher hears only of names that it may know")
    func watchingRights() async throws {
        try await ServiceFixture.run { fixture in
            var updates = NameUpdates(try fixture.service("bob"), NameSearch()).makeAsyncIterator()
            _ = try await updates.next()
            let alice = try fixture.service("alice")
            let both = ["secret.a", "shop.a"].map { NameRegistration($0, uri: a) }
            _ = try await alice.register(both, epoch: nil, takingOver: false)
            #expect(try await updates.next()?.changes.map(\.name) == ["shop.a"])
        }
    }

    @Test("a backup comes as one file, and is a store")
    func backup() async throws {
        try await ServiceFixture.run { fixture in
            let alice = try fixture.service("alice")
            _ = try await alice.register([NameRegistration("shop.a", uri: a)], epoch: nil, takingOver: false)
            var bytes: [UInt8] = []
            for try await chunk in try await alice.backup() { bytes += chunk }
            let path = fixture.hosts.directory + "/copy.db"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            #expect(try StoreBackup.verify(path).names == 2)
        }
    }
}
