import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import NIOPosix
import Testing

@testable import Lantern

/// Published addresses, IPv6, and the event loops that connections live on.
@Suite(.timeLimit(.minutes(2)))
struct AddressTests {
    /// Whether this machine has an IPv6 loopback.
    static let hasIPv6: Bool = {
        let channel = try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "::1", port: 0).wait()
        try? channel?.close().wait()
        return channel != nil
    }()

    @Test("C1 C24 J6 NAT: URIs name the published host and port, and the bound ones on request")
    func published() async throws {
        let loopback = try await Loopback {
            $0.listen.publishedHost = "svc.example"
            $0.listen.publishedPort = 7000
        }
        let daemon = loopback.daemon
        #expect(daemon.location == "svc.example:7000")
        #expect(loopback.uri == "PYRO:counter@svc.example:7000")
        let bound = try daemon.uri(of: "counter", isPublished: false)
        #expect(bound.description == "PYRO:counter@127.0.0.1:\(daemon.port)")
        #expect(try await loopback.client.dynamicProxy(bound.description).call("add", 1) == 1)
        await loopback.close()
    }

    @Test("a published host alone goes with the bound port, a published port with the bound host")
    func publishedParts() async throws {
        let host = try await Loopback { $0.listen.publishedHost = "::1" }
        #expect(host.daemon.location == "[::1]:\(host.daemon.port)")
        await host.close()
        let port = try await Loopback { $0.listen.publishedPort = 7000 }
        #expect(port.daemon.location == "127.0.0.1:7000")
        await port.close()
    }

    @Test("J6 through a forwarded port: the published address is the one that is called")
    func forwarded() async throws {
        let inner = try await Loopback()
        let relay = try await Relay(to: inner.daemon.port)
        let outer = try await Loopback {
            $0.listen.publishedHost = "127.0.0.1"
            $0.listen.publishedPort = relay.port
        }
        #expect(outer.daemon.location == "127.0.0.1:\(relay.port)")
        #expect(try await inner.client.dynamicProxy(outer.uri).call("add", 1) == 1)
        #expect(relay.count.total == 1)
        await relay.close()
        await inner.close()
        await outer.close()
    }

    @Test(
        "J2 an IPv6 address: in settings, URIs, certificates and the caller's address", .enabled(if: hasIPv6))
    func ipv6() async throws {
        let loopback = try await Loopback { $0.listen.host = "::1" }
        let port = loopback.daemon.port
        #expect(loopback.uri == "PYRO:counter@[::1]:\(port)")
        #expect(try await loopback.counter().add(1) == 1)
        let uri = try await loopback.daemon.register(
            dynamic: Lab(["where": { _ in .value(.text(CallContext.current?.address ?? "")) }]), id: "lab")
        let address = try await loopback.client.dynamicProxy(uri.description).call("where")
        #expect(address.textValue?.hasPrefix("[::1]:") == true)
        var options = ProxyOptions()
        options.serverName = "::2"
        let error = await #expect(throws: LanternError.self) {
            try await loopback.dynamic(options).call("add", 1)
        }
        #expect(error?.code == .authenticationFailed, "the certificate is for ::1")
        await loopback.close()
    }

    @Test("a name server with an IPv6 address", .enabled(if: hasIPv6))
    func ipv6NameServer() async throws {
        let loopback = try await Loopback { $0.listen.host = "::1" }
        let uri = loopback.uri
        try await loopback.daemon.register(
            dynamic: Lab(["lookup": { _ in .value(.text(uri)) }]), id: "Pyro.NameServer")
        let port = loopback.daemon.port
        #expect(try await loopback.client.dynamicProxy("PYRONAME:x@[::1]:\(port)").call("add", 1) == 1)
        var settings = loopback.caller
        settings.nameServer = NameServerAddress(host: "::1", port: port)
        let client = try Client(settings: settings)
        #expect(try await client.dynamicProxy("PYRONAME:x").call("add", 1) == 2)
        await client.shutdown()
        await loopback.close()
    }

    @Test("a zone shows the way to an address and is no part of the name")
    func zones() {
        let endpoint = Endpoint(Endpoint.Place.host("fe80::1%1", port: 7000), options: ProxyOptions())
        #expect(endpoint.serverName == .address("fe80::1%1"))
        #expect(endpoint.address == "[fe80::1%1]:7000")
    }

    @Test("G3 daemon and client run in an event loop group that is there, and leave it running")
    func ownGroup() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loopback = try await Loopback()
        let daemon = try await Daemon(settings: loopback.server, group: group)
        let uri = try await daemon.register(
            dynamic: Lab([
                "loop": { _ in .value(.bool(true)) }
            ]), id: "lab", options: ObjectOptions(execution: .onLoop))
        let client = try Client(settings: loopback.caller, group: group)
        let proxy = try client.dynamicProxy(uri.description)
        #expect(try await proxy.call("loop") == true)
        let connection = try await proxy.remote.connection(before: .now.advanced(by: .seconds(20)))
        #expect(connection.eventLoop === group.any())
        await client.shutdown()
        await daemon.shutdown()
        #expect(try await group.next().submit { 1 }.get() == 1, "the group is its owner's")
        try await group.shutdownGracefully()
        await loopback.close()
    }

    @Test("G4 several daemons share one loop: each has its own objects, and one that ends leaves the others")
    func severalDaemons() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loopback = try await Loopback()
        let client = try Client(settings: loopback.caller, group: group)
        var daemons: [(Daemon, DynamicProxy)] = []
        for number in 0..<3 {
            let daemon = try await Daemon(settings: loopback.server, group: group)
            let uri = try await daemon.register(
                dynamic: Lab(["who": { _ in .value(.int(Int64(number))) }]), id: "lab")
            daemons.append((daemon, try client.dynamicProxy(uri.description)))
        }
        for (number, (_, proxy)) in daemons.enumerated() {
            #expect(try await proxy.call("who") == .int(Int64(number)))
        }
        await daemons[0].0.shutdown()
        await #expect(throws: LanternError.self) { try await daemons[0].1.call("who") }
        #expect(try await daemons[2].1.call("who") == 2)
        for (daemon, _) in daemons { await daemon.shutdown() }
        await client.shutdown()
        try await group.shutdownGracefully()
        await loopback.close()
    }
}
