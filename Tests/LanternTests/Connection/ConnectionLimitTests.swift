import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Logging
import Testing

@testable import Lantern

/// The counts, without connections.
struct ConnectionCensusTests {
    private func census(_ adjust: (inout DaemonLimits) -> Void) -> ConnectionCensus {
        var limits = DaemonLimits()
        adjust(&limits)
        return ConnectionCensus(limits: limits, logger: Logger(label: "test"))
    }

    private func identity(_ name: String) throws -> PeerIdentity { try Peers.certificate(name).identity }

    @Test("as many handshakes as the limit may be pending, and a finished one makes room")
    func pending() throws {
        let census = census { $0.pendingHandshakes = 2 }
        #expect(census.accepted(from: "a") == nil)
        #expect(census.accepted(from: "b") == nil)
        #expect(census.accepted(from: "c") == .pendingHandshakes)
        #expect(census.authenticated(try identity("x")) == nil)
        #expect(census.accepted(from: "c") == nil)
        #expect(census.count == 3)
        census.ended(from: "b", identity: nil)
        #expect(census.accepted(from: "d") == nil)
    }

    @Test("an address has its limit, whether authenticated or not; others have theirs")
    func address() throws {
        let census = census { $0.connectionsPerAddress = 2 }
        #expect(census.accepted(from: "a") == nil)
        #expect(census.authenticated(try identity("x")) == nil)
        #expect(census.accepted(from: "a") == nil)
        #expect(census.accepted(from: "a") == .perAddress)
        #expect(census.accepted(from: "b") == nil)
        census.ended(from: "a", identity: try identity("x"))
        #expect(census.accepted(from: "a") == nil)
    }

    @Test("identity and total have theirs; who is refused stays counted until it has gone")
    func identities() throws {
        let census = census {
            $0.connections = 3
            $0.connectionsPerIdentity = 2
        }
        let (x, y) = (try identity("x"), try identity("y"))
        for _ in 0..<5 { #expect(census.accepted(from: "a") == nil) }
        #expect(census.authenticated(x) == nil)
        #expect(census.authenticated(x) == nil)
        #expect(census.authenticated(x) == .perIdentity)
        #expect(census.authenticated(y) == nil)
        #expect(census.authenticated(y) == .total)
        #expect(census.count == 5)
        for _ in 0..<2 { census.ended(from: "a", identity: nil) }
        for who in [x, x, y] { census.ended(from: "a", identity: who) }
        #expect(census.count == 0)
        #expect(census.accepted(from: "a") == nil)
        #expect(census.authenticated(x) == nil)
    }
}

/// The limits as peers meet them.
@Suite(.timeLimit(.minutes(2)))
struct ConnectionLimitTests {
    /// What an authenticated peer is told; nil when it is let in.
    private func refusal(_ settings: Settings, _ daemon: Daemon) async throws -> String? {
        let peer = try await RawEnd.connect(settings, port: daemon.port)
        try await peer.send(peer.connectFrame())
        let answer = try #require(await peer.next())
        let text = answer.type == .connectFail ? try answer.value().textValue : nil
        await peer.close()
        return text
    }

    @Test("F9 one connection more than the daemon takes: the authenticated peer is told, and room comes back")
    func total() async throws {
        let loopback = try await Loopback { $0.limits.connections = 1 }
        let first = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await first.authenticate()
        #expect(try await refusal(loopback.caller, loopback.daemon)?.hasPrefix("no free workers") == true)
        let error = await #expect(throws: LanternError.self) { try await loopback.counter().add(1) }
        #expect(error?.code == .overloaded)
        #expect(error?.detail.contains("daemon") == true)
        await first.close()
        let patient = try loopback.counter(ProxyOptions(retries: 20))
        #expect(try await patient.add(1) == 1)
        await loopback.close()
    }

    @Test("F9 one identity has its own limit, and others still come in")
    func identity() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "one", "two"])
        var settings = try Settings.load(homes[0])
        settings.policy = try PolicyTable(rules: [Loopback.allowAll])
        settings.listen.host = "127.0.0.1"
        settings.limits.connectionsPerIdentity = 2
        let daemon = try await Daemon(settings: settings)
        let uri = try await daemon.register(CounterService(), as: (any Counter).self, id: "counter")
            .description
        let (one, two) = (try Settings.load(homes[1]), try Settings.load(homes[2]))
        var ends: [RawEnd] = []
        for _ in 0..<2 {
            let end = try await RawEnd.connect(one, port: daemon.port)
            try await end.authenticate()
            ends.append(end)
        }
        #expect(try await refusal(one, daemon)?.contains("this identity") == true)
        #expect(try await Client(settings: two).dynamicProxy(uri).call("add", 1) == 1)
        for end in ends { await end.close() }
        await daemon.untilEmpty()
        #expect(try await Client(settings: one).dynamicProxy(uri).call("add", 1) == 2)
        await daemon.shutdown()
    }

    @Test("one address has its limit: one more is closed before TLS")
    func address() async throws {
        let loopback = try await Loopback { $0.limits.connectionsPerAddress = 1 }
        let first = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        await #expect(throws: (any Error).self) {
            _ = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        }
        let error = await #expect(throws: LanternError.self) { try await loopback.counter().add(1) }
        #expect(error.map { [.connectFailed, .connectionLost].contains($0.code) } == true)
        await first.close()
        let patient = try loopback.counter(ProxyOptions(retries: 20))
        #expect(try await patient.add(1) == 1)
        await loopback.close()
    }

    @Test("handshakes that do not end have a limit of their own, and a deadline")
    func pending() async throws {
        let loopback = try await Loopback {
            $0.limits.pendingHandshakes = 1
            $0.limits.handshakeTimeout = .seconds(15)
        }
        let silent = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        await #expect(throws: (any Error).self) {
            _ = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        }
        #expect(await silent.rest().isEmpty)
        let patient = try loopback.counter(ProxyOptions(retries: 20))
        #expect(try await patient.add(1) == 1)
        await loopback.close()
    }

    @Test("F11 many short connections leave nothing behind")
    func shortConnections() async throws {
        let loopback = try await Loopback()
        for number in 1...100 {
            let proxy = try loopback.dynamic()
            #expect(try await proxy.call("add", 1) == .int(Int64(number)))
            proxy.remote.close()
        }
        await loopback.daemon.untilEmpty()
        await loopback.close()
    }
}
