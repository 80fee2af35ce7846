import Lantern
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Testing

/// Objects and proxies as arguments and results.
@Suite(.timeLimit(.minutes(2)))
struct AutoProxyTests {
    static let formats: [SerializerFormat] = [.serpent, .json, .msgpack]

    @Test(
        "D12 C6 auto-proxy: registered objects arrive as proxies, also inside collections", arguments: formats
    )
    func results(format: SerializerFormat) async throws {
        let loopback = try await FactoryLoopback()
        let factory = try loopback.remote(ProxyOptions(serializer: format))
        #expect(try await factory.make("ann").speak("hi") == "ann says hi")
        let many = try await factory.many(3)
        #expect(try await many[2].speak("x") == "many2 says x")
        #expect(many.count == 3)
        let named = try await factory.named()
        #expect(try await named["left"]?.speak("x") == "left says x")
        #expect(named.count == 2)
        #expect(try await factory.maybe(true)?.speak("x") == "maybe says x")
        #expect(try await factory.maybe(false) == nil)
        #expect(try await factory.first.speak("x") == "first says x")
        let proxy = try #require(RemoteProxy.of(many[0]))
        #expect(proxy.uri.description == "PYRO:desk-many0@\(loopback.daemon.location)")
        #expect(proxy.options.serializer == format)
        await loopback.close()
    }

    @Test("an object that is not registered is an error that says what to do")
    func unregistered() async throws {
        let loopback = try await FactoryLoopback()
        let error = await #expect(throws: RemoteError.self) { try await loopback.remote().unregistered() }
        #expect(error?.message.contains("the Bureau is not registered") == true)
        await loopback.close()
    }

    @Test("D12 marshal: no auto-proxy, but proxies travel, as in Pyro")
    func marshal() async throws {
        let loopback = try await FactoryLoopback()
        let factory = try loopback.remote(ProxyOptions(serializer: .marshal))
        let error = await #expect(throws: RemoteError.self) { try await factory.make("ann") }
        #expect(error?.message.contains("marshal carries no objects") == true)
        let desk = try loopback.client.proxy((any Bureau).self, "PYRO:desk-ann@\(loopback.daemon.location)")
        let passed = try await factory.pass(desk)
        #expect(RemoteProxy.of(passed) == RemoteProxy.of(desk))
        await loopback.close()
    }

    @Test("A18 passing proxies on: stubs, dynamic proxies and URIs there and back", arguments: formats)
    func passing(format: SerializerFormat) async throws {
        let loopback = try await FactoryLoopback()
        let factory = try loopback.remote(ProxyOptions(serializer: format))
        let desk = try await factory.make("ann")
        let passed = try await factory.pass(desk)
        #expect(RemoteProxy.of(passed) == RemoteProxy.of(desk))
        #expect(RemoteProxy.of(passed) !== RemoteProxy.of(desk))
        #expect(RemoteProxy.of(passed)?.isConnected == false)
        #expect(try await passed.speak("x") == "ann says x")

        let dynamic = try loopback.client.dynamicProxy("PYRO:desk-ann@\(loopback.daemon.location)")
        let back = try await factory.dynamic(dynamic)
        #expect(back == dynamic)
        #expect(try await back.call("speak", "y") == "ann says y")
        for text in ["PYRO:a@[::1]:7", "PYRONAME:some.name", "PYROMETA:a,b@host:9"] {
            let uri = try PyroURI(text)
            #expect(try await factory.uri(uri) == uri)
        }
        await loopback.close()
    }

    @Test("A18 proxies inside of Codable values", arguments: formats)
    func codable(format: SerializerFormat) async throws {
        let loopback = try await FactoryLoopback()
        let factory = try loopback.remote(ProxyOptions(serializer: format))
        let desk = try #require(RemoteProxy.of(try await factory.make("ann")))
        let box = DeskBox(label: "box", desk: DynamicProxy(desk), others: [DynamicProxy(desk)])
        let back = try await factory.box(box)
        #expect(back == DeskBox(label: "box!", desk: box.desk, others: box.others))
        #expect(try await back.desk.call("speak", "x") == "ann says x")
        #expect(throws: LanternError.self) { try ValueEncoder().encode(box) }
        await loopback.close()
    }

    @Test("A18 a proxy in a Value is a class dict, from which either side makes a proxy")
    func values() async throws {
        let loopback = try await FactoryLoopback(adjust: { settings in
            settings.references.connecting = .anywhere(identity: "spiffe://lantern.test/server")
        })
        try loopback.daemon.replacePolicy(try PolicyTable(rules: [Loopback.allowAll]))
        let dynamic = try loopback.client.dynamicProxy(loopback.uri)
        let made = try await dynamic.call("make", "ann")
        #expect(made["__class__"] == "Pyro5.client.Proxy")
        #expect(made.remoteURI?.object == "desk-ann")
        let desk = try dynamic.remote.proxy(made)
        #expect(try await desk.call("speak", "x") == "ann says x")
        #expect(try Value(desk).remoteURI == made.remoteURI)
        #expect(throws: LanternError.self) { try dynamic.remote.proxy(["__class__": "os.system"]) }
        await loopback.close()
    }

    @Test("the members in a proxy are those that its receiver may call")
    func members() async throws {
        let rules = [
            PolicyRule(.allow, identities: ["*"], objects: ["factory"], methods: ["*"]),
            PolicyRule(.allow, identities: ["*"], objects: ["desk-open"], methods: ["speak"]),
        ]
        let loopback = try await FactoryLoopback(rules: rules)
        let dynamic = try loopback.client.dynamicProxy(loopback.uri)
        let open = try await dynamic.call("make", "open")
        #expect(open["state"]?.elements?[2].elements == ["speak"])
        let closed = try await dynamic.call("make", "closed")
        #expect(closed["state"]?.elements?[2].elements == [])
        let error = await #expect(throws: LanternError.self) {
            try await dynamic.remote.proxy(closed).call("speak", "x")
        }
        #expect(error?.code == .connectionRefused)
        await loopback.close()
    }

    @Test("one value holds a bounded number of objects", arguments: [10_000, 10_001])
    func bounded(count: Int) async throws {
        let loopback = try await FactoryLoopback()
        let desk = try loopback.client.proxy((any Bureau).self, "PYRO:d@\(loopback.daemon.location)")
        let factory = try loopback.remote()
        let desks = Array(repeating: desk, count: count)
        if count <= 10_000 {
            #expect(try await factory.count(desks) == count)
        } else {
            let error = await #expect(throws: RemoteError.self) { try await factory.count(desks) }
            #expect(error?.message.contains("more than 10000 remote objects") == true)
        }
        await loopback.close()
    }

    @Test("C24 uriFor and proxyFor: of registered instances, by contract")
    func uriFor() async throws {
        let loopback = try await FactoryLoopback()
        let clerk = Clerk("ann")
        #expect(throws: LanternError.self) { try loopback.daemon.uri(for: clerk, as: (any Bureau).self) }
        try await loopback.daemon.register(clerk, as: (any Bureau).self, id: "one")
        #expect(
            try loopback.daemon.uri(for: clerk, as: (any Bureau).self).description
                == "PYRO:one@\(loopback.daemon.location)")
        try await loopback.daemon.register(clerk, as: (any Bureau).self, id: "two")
        #expect(try loopback.daemon.uri(for: clerk, as: (any Bureau).self).object == "two")
        let proxy = try loopback.daemon.proxy(for: clerk, as: (any Bureau).self)
        #expect(RemoteProxy.of(proxy)?.uri.object == "two")
        try await loopback.daemon.unregister("two")
        #expect(try loopback.daemon.uri(for: clerk, as: (any Bureau).self).object == "one")
        try await loopback.daemon.register(clerk, as: (any Bureau).self, id: "three")
        try await loopback.daemon.unregister(object: clerk)
        #expect(throws: LanternError.self) { try loopback.daemon.uri(for: clerk, as: (any Bureau).self) }
        #expect(loopback.daemon.core.registry.ids == ["Pyro.Daemon", "factory"])
        await #expect(throws: LanternError.self) { try await loopback.daemon.unregister(object: clerk) }
        await loopback.close()
    }

    @Test("C21 an object knows its own id from the call")
    func ownID() async throws {
        let loopback = try await FactoryLoopback()
        #expect(try await loopback.remote().ownID == "factory")
        await loopback.close()
    }

    @Test("A4 proxies are equal by URI, whatever their options and connections")
    func equality() async throws {
        let loopback = try await FactoryLoopback()
        let one = try loopback.client.dynamicProxy(loopback.uri)
        let other = try loopback.client.dynamicProxy(loopback.uri, options: ProxyOptions(serializer: .json))
        let third = try loopback.client.dynamicProxy("PYRO:other@\(loopback.daemon.location)")
        _ = try await one.call("uri", try Value(third))
        #expect(one == other)
        #expect(Set([one, other, third]).count == 2)
        #expect(one.description == "\(loopback.uri) (connected)")
        #expect(other.description == "\(loopback.uri) (not connected)")
        await loopback.close()
    }
}
