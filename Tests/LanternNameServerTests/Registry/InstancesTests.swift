import Lantern
import LanternNameServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct InstancesTests {
    private let a = "PYRO:o@h:1"
    private let b = "PYRO:o@h:2"
    private let c = "PYRO:o@h:3"

    @Test(
        "Pyro programs see the heaviest instance, of equals the newest, and all tags",
        arguments: StoreKind.allCases)
    func preferred(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            let leases = [try await fixture.lease(), try await fixture.lease(), try await fixture.lease()]
            try await fixture.serve("n", a, under: leases[0], weight: 5, tags: ["x"])
            try await fixture.serve("n", b, under: leases[2], weight: 9, tags: ["y"])
            try await fixture.serve("n", c, under: leases[1], weight: 9)
            let entry = try await fixture.registry.lookup("n")
            #expect(entry.uri == b)
            #expect(entry.metadata == ["x", "y"])
            #expect(try await fixture.uris("n") == [a, b, c])
            #expect(try await fixture.registry.yplookup(all: ["x", "y"]).map(\.uri) == [b])
            _ = try await fixture.registry.release(leases[2].epoch, by: RegistryFixture.alice)
            #expect(try await fixture.registry.lookup("n").uri == c)
            #expect(try await fixture.registry.yplookup(any: ["y"]).isEmpty)
            try await fixture.registry.setMetadata("n", ["z"], by: RegistryFixture.alice)
            #expect(try await fixture.registry.lookup("n").instances.map(\.metadata) == [["z"], ["z"]])
        }
    }

    @Test("registering the same instance again changes it; a plain registration gives way")
    func again() async throws {
        try await RegistryFixture.run { fixture in
            try await fixture.registry.register("n", uri: a, by: RegistryFixture.alice)
            let lease = try await fixture.lease()
            try await fixture.serve("n", b, under: lease, weight: 1)
            try await fixture.serve("n", b, under: lease, weight: 2)
            try await fixture.serve("n", c, under: nil)
            let entry = try await fixture.registry.lookup("n")
            #expect(
                entry.instances == [
                    NameInstance(uri: b, weight: 2, epoch: lease.epoch), NameInstance(uri: c),
                ])
            #expect(
                try await fixture.registry.remove(["n"], epoch: lease.epoch, by: RegistryFixture.alice) == 1)
            #expect(try await fixture.uris("n") == [c])
            #expect(
                try await fixture.registry.remove(["n", "m"], epoch: nil, by: RegistryFixture.alice) == 1)
            #expect(try await fixture.registry.count() == 0)
        }
    }

    @Test("several names are registered together or not at all", arguments: StoreKind.allCases)
    func transactions(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            let (registry, alice, bob) = (fixture.registry, RegistryFixture.alice, RegistryFixture.bob)
            try await registry.register("his", uri: a, by: bob)
            let both = [NameRegistration("hers", uri: a), NameRegistration("his", uri: a)]
            await RegistryFixture.expect(.notOwner) {
                _ = try await registry.register(both, epoch: nil, by: alice)
            }
            #expect(try await registry.list().map(\.name) == ["his"])
            let bad = [NameRegistration("hers", uri: a), NameRegistration("too", uri: "nonsense")]
            await RegistryFixture.expect(.invalidURI) {
                _ = try await registry.register(bad, epoch: nil, by: alice)
            }
            let own = [NameRegistration("hers", uri: a), NameRegistration("too", uri: b)]
            let revision = try await registry.register(own, epoch: nil, by: alice)
            #expect(try fixture.store.history.changes(after: revision - 1).map(\.events.count) == [2])
            let fresh = NameRegistration("hers", uri: b, isNew: true)
            await RegistryFixture.expect(.alreadyRegistered) {
                _ = try await registry.register([fresh], epoch: nil, by: alice)
            }
        }
    }

    @Test("transactions, weights and instances have limits, from both sides")
    func limits() async throws {
        try await RegistryFixture.run(
            .memory,
            { settings in
                settings.limits.transaction = 2
                settings.limits.instances = 2
                settings.limits.weight = 10
            }
        ) { fixture in
            let (registry, alice) = (fixture.registry, RegistryFixture.alice)
            let three = ["a", "b", "c"].map { NameRegistration($0, uri: a, weight: 1) }
            for wrong in [[], three, [three[0], three[0]]] {
                await RegistryFixture.expect(.tooManyNames) {
                    _ = try await registry.register(wrong, epoch: nil, by: alice)
                }
            }
            _ = try await registry.register(Array(three.prefix(2)), epoch: nil, by: alice)
            await RegistryFixture.expect(.tooManyNames) {
                _ = try await registry.remove(["a", "b", "c"], epoch: nil, by: alice)
            }
            for weight in [-1, 11] {
                await RegistryFixture.expect(.invalidLease) {
                    try await fixture.serve("w", a, under: nil, weight: weight)
                }
            }
            try await fixture.serve("w", a, under: nil, weight: 0)
            try await fixture.serve("w", b, under: nil, weight: 10)
            await RegistryFixture.expect(.invalidLease) {
                try await fixture.serve("w", c, under: nil, weight: 1)
            }
        }
    }

    @Test(
        "an exclusive name has one lease at a time, until the next takes it over",
        arguments: StoreKind.local)
    func handOver(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            let (registry, alice) = (fixture.registry, RegistryFixture.alice)
            let old = try await fixture.lease()
            let new = try await fixture.lease()
            try await fixture.serve("n", a, under: old, isExclusive: true)
            for isExclusive in [true, false] {
                await RegistryFixture.expect(.exclusive) {
                    try await fixture.serve("n", b, under: new, isExclusive: isExclusive)
                }
            }
            try await fixture.serve("n", b, under: new, isExclusive: true, takingOver: true)
            #expect(try await fixture.uris("n") == [b])
            // The old one learns it at its next heartbeat, and cannot come back by itself.
            #expect(try await registry.renew(old.epoch, by: alice).names.isEmpty)
            await RegistryFixture.expect(.exclusive) { try await fixture.serve("n", a, under: old) }
            fixture.time.advance(5_000)
            _ = try await registry.expireLeases()
            let third = try await fixture.lease()
            try await fixture.serve("n", c, under: third)
            #expect(try await fixture.uris("n") == [c])
        }
    }

    @Test("nobody joins, extends or replaces a name of another's; policy may say otherwise")
    func ownership() async throws {
        try await RegistryFixture.run { fixture in
            let (registry, bob) = (fixture.registry, RegistryFixture.bob)
            try await fixture.serve("n", a, under: try await fixture.lease())
            let his = try await fixture.lease(by: bob)
            for takingOver in [true, false] {
                await RegistryFixture.expect(.notOwner) {
                    try await fixture.serve("n", b, under: his, takingOver: takingOver, by: bob)
                }
            }
            await RegistryFixture.expect(.notOwner) {
                _ = try await registry.remove(["n"], epoch: nil, by: bob)
            }
            await RegistryFixture.expect(.reserved) {
                try await fixture.registry.registerSelf(uri: a, metadata: [])
                try await fixture.serve(NameRegistry.ownName, b, under: his, by: bob)
            }
            let owners = try await registry.owners(prefix: "n", by: .anyone)
            #expect(owners.map(\.owner) == [RegistryFixture.alice.identity])
            #expect(owners.map(\.names) == [1])
        }
    }
}
