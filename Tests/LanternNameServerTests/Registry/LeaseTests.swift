import Lantern
import LanternNameServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LeaseTests {
    private let a = "PYRO:o@h:1"
    private let b = "PYRO:o@h:2"

    @Test(
        "a heartbeat keeps a lease; without one it ends, and its instances with it",
        arguments: StoreKind.local)
    func life(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            let lease = try await fixture.lease(5_000)
            try await fixture.serve("n", a, under: lease)
            fixture.time.advance(4_999)
            let (_, names) = try await fixture.registry.renew(lease.epoch, by: RegistryFixture.alice)
            #expect(names == ["n"])
            fixture.time.advance(4_999)
            #expect(try await fixture.registry.expireLeases().isEmpty)
            #expect(try await fixture.uris("n") == [a])
            fixture.time.advance(1)
            // Not found from this moment on, whenever the store is tidied up.
            await RegistryFixture.expect(.unknownName) { _ = try await fixture.registry.lookup("n") }
            #expect(try await fixture.registry.list().isEmpty)
            #expect(try await fixture.store.count() == 1)
            let ended = try await fixture.registry.expireLeases()
            #expect(ended.map(\.lease) == [lease])
            #expect(ended.map(\.names) == [["n"]])
            #expect(try await fixture.store.count() == 0)
            #expect(try await fixture.registry.allLeases().isEmpty)
        }
    }

    @Test("an instance that lost its lease can do nothing with the old epoch", arguments: StoreKind.local)
    func fencing(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            let (registry, alice) = (fixture.registry, RegistryFixture.alice)
            let old = try await fixture.lease()
            try await fixture.serve("n", a, under: old)
            fixture.time.advance(5_000)
            await RegistryFixture.expect(.leaseLost) { try await fixture.serve("n", a, under: old) }
            await RegistryFixture.expect(.leaseLost) { _ = try await registry.renew(old.epoch, by: alice) }
            await RegistryFixture.expect(.leaseLost) {
                _ = try await registry.remove(["n"], epoch: old.epoch, by: alice)
            }
            await RegistryFixture.expect(.leaseLost) { _ = try await registry.release(old.epoch, by: alice) }
            _ = try await registry.expireLeases()
            await RegistryFixture.expect(.leaseLost) { try await fixture.serve("n", a, under: old) }
            let new = try await fixture.lease()
            #expect(new.epoch > old.epoch)
            try await fixture.serve("n", b, under: new)
            #expect(try await fixture.uris("n") == [b])
        }
    }

    @Test("a lease is of use to nobody else")
    func ownership() async throws {
        try await RegistryFixture.run { fixture in
            let (registry, bob) = (fixture.registry, RegistryFixture.bob)
            let lease = try await fixture.lease()
            await RegistryFixture.expect(.leaseLost) { _ = try await registry.renew(lease.epoch, by: bob) }
            await RegistryFixture.expect(.leaseLost) { _ = try await registry.release(lease.epoch, by: bob) }
            await RegistryFixture.expect(.leaseLost) {
                try await fixture.serve("n", a, under: lease, by: bob)
            }
            await RegistryFixture.expect(.leaseLost) { _ = try await registry.renew(12345, by: bob) }
        }
    }

    @Test("durations and numbers have limits, from both sides")
    func limits() async throws {
        try await RegistryFixture.run(
            .memory,
            { settings in
                settings.leases.durations = 1_000...2_000
                settings.leases.limits = LeaseLimits(all: 3, perOwner: 2)
                settings.limits.leasedNames = 2
            }
        ) { fixture in
            for milliseconds: Int64 in [999, 2_001, 0, -1, .max, .min] {
                await RegistryFixture.expect(.invalidLease) { _ = try await fixture.lease(milliseconds) }
            }
            let first = try await fixture.lease(1_000)
            _ = try await fixture.lease(2_000)
            await RegistryFixture.expect(.tooManyLeases) { _ = try await fixture.lease(1_000) }
            try await fixture.serve("a", a, under: first)
            try await fixture.serve("b", a, under: first)
            await RegistryFixture.expect(.invalidLease) { try await fixture.serve("c", a, under: first) }
            #expect(try await fixture.registry.release(first.epoch, by: RegistryFixture.alice) == ["a", "b"])
            _ = try await fixture.lease(1_000)
        }
    }

    @Test("leases that a restart finds last their whole duration again")
    func recovery() async throws {
        try await RegistryFixture.run(.sqlite) { fixture in
            let lease = try await fixture.lease(5_000)
            try await fixture.serve("n", a, under: lease)
            fixture.time.advance(4_000)
            let again = NameRegistry(store: fixture.store, clock: fixture.time.clock)
            await RegistryFixture.expect(.unknownName) { _ = try await again.lookup("n") }
            try await again.recoverLeases()
            fixture.time.advance(4_999)
            #expect(try await again.lookup("n").uri == a)
            let report = try await again.allLeases()
            #expect(report.map(\.remaining) == [1])
            #expect(report.map(\.names) == [["n"]])
            fixture.time.advance(1)
            #expect(try await again.expireLeases().count == 1)
        }
    }
}
