import Lantern
import LanternNameServer
import LanternWire
import Logging
import Testing

/// A daemon's names at a Lantern name server, with a clock that the test moves: no heartbeat goes out by itself.
@Suite(.timeLimit(.minutes(2)))
struct NameKeeperTests {
    private struct Nothing: DynamicObject {
        let members = DynamicMembers(methods: ["hello"])

        func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
            .value("hello")
        }
    }

    /// A daemon whose names are kept by a keeper of the test's.
    private struct Host {
        let daemon: Daemon
        let keeper: NameKeeper

        init(_ fixture: ServiceFixture, _ change: (inout NamingSettings) -> Void = { _ in }) async throws {
            let settings = try fixture.settings("alice")
            daemon = try await Daemon(settings: settings)
            var naming = NamingSettings()
            naming.lease = .milliseconds(9_000)
            change(&naming)
            let time = fixture.time
            keeper = NameKeeper(
                settings: naming, client: daemon.client, objects: daemon.core.registry,
                logger: Logger(label: "test"), beatsByItself: false, now: { time.now })
        }

        func serve(_ name: String) async throws {
            let uri = try await daemon.register(dynamic: Nothing(), id: name)
            try await keeper.register(name, uri: uri, of: #require(daemon.core.registry.object(name)))
        }

        func serves(_ name: String) -> Bool { daemon.core.registry.object(name) != nil }

        /// Does all that is due.
        func work() async {
            for _ in 0..<20 {
                guard let pause = await keeper.step(), pause < .milliseconds(2) else { return }
            }
        }

        func end() async {
            await keeper.end()
            await daemon.shutdown()
        }
    }

    @Test("heartbeats keep a name; the end gives it back")
    func heartbeats() async throws {
        try await ServiceFixture.run { fixture in
            let names = try fixture.service("alice")
            let host = try await Host(fixture) { $0.tags = ["t"] }
            try await host.serve("shop.a")
            let epoch = try #require(host.keeper.epoch)
            for _ in 0..<5 {
                fixture.time.advance(4_000)
                await host.work()
                await fixture.server.keepHouse()
            }
            #expect(host.keeper.epoch == epoch)
            let found = try await names.lookup(name: "shop.a")
            #expect(found.instances.map(\.epoch) == [epoch])
            #expect(found.tags == ["t"])
            await host.end()
            #expect(try await names.find(NameSearch(prefix: "shop.")).names.isEmpty)
            #expect(try await names.leases().isEmpty)
        }
    }

    @Test("who could not send heartbeats stops serving, and comes back under a greater epoch")
    func lostLease() async throws {
        try await ServiceFixture.run { fixture in
            let host = try await Host(fixture)
            try await host.serve("shop.a")
            let old = try #require(host.keeper.epoch)
            fixture.time.advance(9_000)
            // From the end of the lease on there is no epoch, before anything else is done.
            #expect(host.keeper.epoch == nil)
            await fixture.server.keepHouse()
            _ = await host.keeper.step()
            #expect(!host.serves("shop.a") || (host.keeper.epoch ?? 0) > old)
            await host.work()
            #expect(host.serves("shop.a"))
            let new = try #require(host.keeper.epoch)
            #expect(new > old)
            let found = try await fixture.service("alice").lookup(name: "shop.a")
            #expect(found.instances.map(\.epoch) == [new])
            await host.end()
        }
    }

    @Test("a lease that the name server no longer has is answered by stopping, and by another lease")
    func revokedLease() async throws {
        try await ServiceFixture.run { fixture in
            let host = try await Host(fixture)
            try await host.serve("shop.a")
            let old = try #require(host.keeper.epoch)
            _ = try await fixture.service("alice").release(epoch: old)
            fixture.time.advance(3_000)
            _ = await host.keeper.step()
            #expect(!host.serves("shop.a"))
            #expect(host.keeper.epoch == nil)
            await host.work()
            #expect(host.serves("shop.a"))
            #expect((host.keeper.epoch ?? 0) > old)
            await host.end()
        }
    }

    @Test("an exclusive name is taken over: the old instance stops, the new one serves")
    func handOver() async throws {
        try await ServiceFixture.run { fixture in
            let old = try await Host(fixture) { $0.isExclusive = true }
            try await old.serve("shop.a")
            try await old.serve("shop.b")
            let waiting = try await Host(fixture) { $0.isExclusive = true }
            let refused = await ServiceFixture.failure { try await waiting.serve("shop.a") }
            #expect(refused == "exclusive")
            await waiting.end()
            let new = try await Host(fixture) {
                $0.isExclusive = true
                $0.takesOver = true
            }
            try await new.serve("shop.a")
            let found = try await fixture.service("alice").lookup(name: "shop.a")
            #expect(found.instances.map(\.epoch) == [new.keeper.epoch])
            fixture.time.advance(3_000)
            await old.work()
            #expect(!old.serves("shop.a"))
            #expect(old.serves("shop.b"))
            #expect(new.serves("shop.a"))
            await old.end()
            await new.end()
        }
    }

    @Test("without a lease a daemon registers as Pyro does")
    func plain() async throws {
        try await ServiceFixture.run { fixture in
            let host = try await Host(fixture) { $0.lease = nil }
            try await host.serve("shop.a")
            #expect(host.keeper.epoch == nil)
            let names = try fixture.service("alice")
            #expect(try await names.lookup(name: "shop.a").instances.isEmpty)
            try await host.keeper.unregister("shop.a")
            #expect(try await names.find(NameSearch(prefix: "shop.")).names.isEmpty)
            await host.end()
        }
    }

    @Test("a daemon's own names live by a lease, and its epoch can be asked for")
    func daemon() async throws {
        try await ServiceFixture.run { fixture in
            var settings = try fixture.settings("alice")
            settings.naming.lease = .seconds(60)
            let daemon = try await Daemon(settings: settings)
            try await daemon.register(dynamic: Nothing(), name: "shop.a")
            let epoch = try #require(daemon.leaseEpoch)
            let names = try fixture.service("bob")
            #expect(try await names.lookup(name: "shop.a").instances.map(\.epoch) == [epoch])
            let proxy = try fixture.client("bob").dynamicProxy("PYRONAME:shop.a")
            #expect(try await proxy.call("hello") == "hello")
            await daemon.shutdown()
            #expect(
                await ServiceFixture.failure { _ = try await names.lookup(name: "shop.a") } == "unknownName")
        }
    }
}
