import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Testing

@testable import Lantern

/// Where a daemon may connect when a caller hands it a reference.
@Suite(.timeLimit(.minutes(2)))
struct ReferenceRuleTests {
    @Test(
        "A15 callbacks in Pyro's way: a registered object is called over a new connection to the caller's host"
    )
    func callerOwnDaemon() async throws {
        let loopback = try await FactoryLoopback()
        let clerk = Clerk("home")
        try await loopback.home.register(clerk, as: (any Bureau).self, id: "home")
        let factory = try await loopback.home.proxy((any Factory).self, loopback.uri)
        #expect(try await factory.speak(clerk, "hi") == "home says hi")
        let proxy = try loopback.home.client.dynamicProxy("PYRO:home@\(loopback.home.location)")
        #expect(try await factory.speakDynamic(proxy, "hi") == "home says hi")
        #expect(try await factory.value(try Value(proxy)) == "home says value")
        await loopback.close()
    }

    @Test(
        "A15 [SEC] no other host is connected to for a caller, and names are not looked up",
        arguments: [
            "PYRO:x@192.0.2.1:7", "PYRO:x@[2001:db8::1]:7", "PYRO:x@10.0.0.1:22",
            "PYRO:x@./u:/var/run/docker.sock",
            "PYRONAME:x", "PYRONAME:x@192.0.2.1:9090", "PYROMETA:x",
        ])
    func otherHosts(text: String) async throws {
        let loopback = try await FactoryLoopback()
        let desk = try loopback.client.proxy((any Bureau).self, text)
        let factory = try loopback.remote()
        let error = await #expect(throws: RemoteError.self) { try await factory.speak(desk, "hi") }
        #expect(error?.type == "Pyro5.errors.SecurityError")
        #expect(error?.message.contains("is not where the caller is") == true)
        // Passing it on is no call.
        #expect(RemoteProxy.of(try await factory.pass(desk))?.uri == RemoteProxy.of(desk)?.uri)
        await loopback.close()
    }

    @Test("A15 [SEC] a daemon at the caller's address must have the caller's identity")
    func otherIdentity() async throws {
        let loopback = try await FactoryLoopback()
        // The daemon of the host `server` itself: at the same address, and another identity than the caller's.
        let desk = try await loopback.remote().make("ann")
        let error = await #expect(throws: RemoteError.self) {
            try await loopback.remote().speak(desk, "hi")
        }
        #expect(error?.message.contains("spiffe://lantern.test/client") == true)
        await loopback.close()
    }

    @Test("references.connect: never refuses them all, callbacks over the connection go on")
    func never() async throws {
        let loopback = try await FactoryLoopback(adjust: { $0.references.connecting = .never })
        let clerk = Clerk("home")
        try await loopback.home.register(clerk, as: (any Bureau).self, id: "home")
        let factory = try await loopback.home.proxy((any Factory).self, loopback.uri)
        let error = await #expect(throws: RemoteError.self) { try await factory.speak(clerk, "hi") }
        #expect(error?.message.contains("'never'") == true)
        #expect(try await loopback.remote().speak(Clerk("handed out"), "hi") == "handed out says hi")
        await loopback.close()
    }

    @Test("references.connect: anywhere goes to daemons of the identity that it names, and no others")
    func anywhere() async throws {
        let clientOnly = "spiffe://lantern.test/cl*"
        let loopback = try await FactoryLoopback(adjust: {
            $0.references.connecting = .anywhere(identity: clientOnly)
        })
        try await loopback.home.register(Clerk("home"), as: (any Bureau).self, id: "home")
        let home = try loopback.client.proxy((any Bureau).self, "PYRO:home@\(loopback.home.location)")
        #expect(try await loopback.remote().speak(home, "hi") == "home says hi")
        let other = try await loopback.remote().make("ann")
        await #expect(throws: RemoteError.self) { try await loopback.remote().speak(other, "hi") }
        await loopback.close()
    }

    @Test("a received proxy keeps the expected identity of the proxy that gave it")
    func expectedIdentity() async throws {
        let loopback = try await FactoryLoopback()
        let options = ProxyOptions(expectedIdentity: "spiffe://lantern.test/server")
        let factory = try loopback.remote(options)
        let clerk = Clerk("home")
        try await loopback.home.register(clerk, as: (any Bureau).self, id: "home")
        let home = try loopback.client.proxy((any Bureau).self, "PYRO:home@\(loopback.home.location)")
        let back = try await factory.pass(home)
        #expect(RemoteProxy.of(back)?.options.expectedIdentity == options.expectedIdentity)
        let error = await #expect(throws: LanternError.self) { try await back.speak("hi") }
        #expect(error?.code == .authenticationFailed)
        await loopback.close()
    }

    static let hosts: [(caller: String, host: String, address: String?)] = [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.2", nil),
        ("192.0.2.1", "127.0.0.1", nil),
        ("192.0.2.1", "::1", nil),
        ("192.0.2.1", "0.0.0.0", nil),
        ("192.0.2.1", "evil.example", "192.0.2.1"),
        ("192.0.2.1", "localhost", "192.0.2.1"),
        ("192.0.2.1", "2130706433", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "name", "192.0.2.1"),
        ("127.0.0.1", "::1", "::1"),
        ("::1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1", nil),
        ("2001:db8::1", "2001:DB8:0::1", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::2", nil),
    ]

    @Test("A15 [SEC] the caller's address is the only one", arguments: hosts)
    func callerHost(row: (caller: String, host: String, address: String?)) throws {
        #expect(try #require(CallerHost(row.caller)).address(for: row.host) == row.address)
    }

    @Test("a peer without an address has no host")
    func noAddress() {
        #expect(CallerHost("unknown") == nil)
        #expect(CallerHost("") == nil)
    }
}
