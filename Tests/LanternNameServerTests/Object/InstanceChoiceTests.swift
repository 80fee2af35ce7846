import Lantern
import LanternNameServer
import LanternWire
import Testing

/// Proxies of a name with several instances: which they use, and where they go when it is gone.
@Suite(.timeLimit(.minutes(2)))
struct InstanceChoiceTests {
    private struct Named: DynamicObject {
        let name: String
        let members = DynamicMembers(methods: ["who"])

        func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
            .value(.text(name))
        }
    }

    private func daemon(_ fixture: ServiceFixture, _ name: String, weight: Int) async throws -> Daemon {
        var settings = try fixture.settings("alice")
        settings.naming.lease = .seconds(60)
        settings.naming.weight = weight
        let daemon = try await Daemon(settings: settings)
        try await daemon.register(dynamic: Named(name: name), id: "shop.clerk", name: "shop.clerk")
        return daemon
    }

    private func who(_ proxy: DynamicProxy) async throws -> String {
        try await proxy.call("who").textValue ?? ""
    }

    @Test("proxies spread over the instances, and Pyro's clients get the one with the highest weight")
    func spread() async throws {
        try await ServiceFixture.run { fixture in
            let one = try await daemon(fixture, "one", weight: 100)
            let two = try await daemon(fixture, "two", weight: 101)
            let client = try fixture.client("bob")
            var seen: Set<String> = []
            // That one of two is never first in 100 draws has a chance of 1 in 10^29.
            for _ in 0..<100 where seen.count < 2 {
                seen.insert(try await who(client.dynamicProxy("PYRONAME:shop.clerk")))
            }
            #expect(seen == ["one", "two"])
            let uri = try await client.nameServer().lookup("shop.clerk")
            #expect(uri.location?.description.hasSuffix(":\(two.port)") == true)
            await one.shutdown()
            await two.shutdown()
        }
    }

    @Test("an instance of weight 0 is used when the others are gone, by a proxy that was there before")
    func spare() async throws {
        try await ServiceFixture.run { fixture in
            let main = try await daemon(fixture, "main", weight: 1)
            let spare = try await daemon(fixture, "spare", weight: 0)
            var settings = try fixture.settings("bob")
            settings.proxies.retries = 2
            let client = try Client(settings: settings)
            let proxy = try client.dynamicProxy("PYRONAME:shop.clerk")
            for _ in 0..<20 { #expect(try await who(client.dynamicProxy("PYRONAME:shop.clerk")) == "main") }
            #expect(try await who(proxy) == "main")
            await main.shutdown()
            #expect(try await who(proxy) == "spare")
            await spare.shutdown()
            let error = await #expect(throws: LanternError.self) { try await who(proxy) }
            #expect([.notFound, .connectFailed, .connectionLost].contains(error?.code))
        }
    }

    @Test("an instance that is registered and does not answer is passed over")
    func unreachable() async throws {
        try await ServiceFixture.run { fixture in
            // Nobody listens there any more.
            let gone = try await daemon(fixture, "gone", weight: 1)
            let place = "localhost:\(gone.port)"
            await gone.shutdown()
            let names = try fixture.service("alice")
            _ = try await names.register(
                [NameRegistration("shop.clerk", uri: "PYRO:shop.clerk@\(place)", weight: 10_000)], epoch: nil,
                takingOver: false)
            let there = try await daemon(fixture, "there", weight: 1)
            let client = try fixture.client("bob")
            for _ in 0..<5 { #expect(try await who(client.dynamicProxy("PYRONAME:shop.clerk")) == "there") }
            await there.shutdown()
        }
    }

    @Test("a name that may not be seen has no instances either")
    func hidden() async throws {
        try await ServiceFixture.run { fixture in
            let names = try fixture.service("alice")
            _ = try await names.register(
                [NameRegistration("secret.a", uri: "PYRO:shop.a@192.0.2.1:1")], epoch: nil, takingOver: false)
            let client = try fixture.client("bob")
            let hidden = await #expect(throws: LanternError.self) {
                try await client.resolveAll(PyroURI("PYRONAME:secret.a"))
            }
            let absent = await #expect(throws: LanternError.self) {
                try await client.resolveAll(PyroURI("PYRONAME:absent.a"))
            }
            #expect(hidden?.code == .notFound && absent?.code == .notFound)
            #expect(
                hidden?.detail.replacing("secret.a", with: "NAME")
                    == absent?.detail.replacing("absent.a", with: "NAME"))
        }
    }
}
