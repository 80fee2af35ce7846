import LanternTesting
import LanternWire
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Lantern
@testable import LanternTrust

/// Finding the name server over real sockets on loopback.
@Suite(.timeLimit(.minutes(2)))
struct LocatingTests {
    static let server = "spiffe://lantern.test/server"
    static let object = "Pyro.NameServer"

    /// A daemon that plays the name server.
    private func stage() async throws -> (loopback: Loopback, uri: PyroURI) {
        let loopback = try await Loopback()
        let uri = try await loopback.daemon.register(
            CounterService(gate: Gate()), as: (any Counter).self, id: Self.object)
        return (loopback, uri)
    }

    private func responder(
        _ loopback: Loopback, _ uri: PyroURI, adjust: (inout BroadcastSettings) -> Void = { _ in }
    ) async throws -> BroadcastResponder {
        var settings = BroadcastSettings()
        settings.host = "127.0.0.1"
        settings.port = 0
        adjust(&settings)
        return try await BroadcastResponder(
            settings: settings, uri: uri, trust: loopback.daemon.core.trust,
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
    }

    private func asking(_ loopback: Loopback, port: Int, seconds: Double = 10) -> Settings {
        var settings = loopback.caller
        settings.broadcast.isAsking = true
        settings.broadcast.addresses = ["127.0.0.1"]
        settings.broadcast.port = port
        settings.broadcast.timeout = .seconds(seconds)
        return settings
    }

    /// Who answers as the name server, or how that fails.
    private func nameServer(of settings: Settings) async throws -> String {
        let client = try Client(settings: settings)
        let result: String
        do {
            let peer = try await client.nameServer().proxy.remote.peer()
            result = peer.identity.description
        } catch let error as LanternError {
            result = "\(error.code)"
        }
        await client.shutdown()
        return result
    }

    private func broadcast(_ settings: Settings) async -> NameServerLocator.Finding {
        await NameServerLocator(settings: settings).finding(of: .broadcast, within: .seconds(10))
    }

    private func reason(_ finding: NameServerLocator.Finding) -> String {
        guard case .nothing(let reason) = finding.outcome else { return "\(finding.outcome)" }
        return reason
    }

    @Test("by broadcast, with Ed25519 and with shared keys", arguments: HandshakeAlgorithm.allCases)
    func byBroadcast(algorithm: HandshakeAlgorithm) async throws {
        let loopback = try await Loopback(algorithm: algorithm)
        let uri = try await loopback.daemon.register(
            CounterService(gate: Gate()), as: (any Counter).self, id: Self.object)
        let responder = try await responder(loopback, uri)
        #expect(try await nameServer(of: asking(loopback, port: responder.port)) == Self.server)
        var other = asking(loopback, port: responder.port, seconds: 0.3)
        other.nameServer.identity = "spiffe://lantern.test/other"
        #expect(try await nameServer(of: other) == "connectFailed")
        #expect(await reason(broadcast(other)).contains("unexpectedIdentity"))
        await responder.close()
        await loopback.close()
    }

    @Test("in place of a wildcard address the asker is told the one that it reaches")
    func wildcard() async throws {
        let (loopback, uri) = try await stage()
        let port = loopback.daemon.port
        let responder = try await responder(
            loopback, PyroURI(scheme: .object, object: uri.object, location: .host("0.0.0.0", port: port)))
        let found = await broadcast(asking(loopback, port: responder.port))
        #expect(
            found.outcome
                == .found([
                    .init(location: .host("127.0.0.1", port: port), identity: Self.server, serverName: nil)
                ]))
        await responder.close()
        await loopback.close()
    }

    @Test("a false answer does not end the search for the right one")
    func behindFalseOnes() async throws {
        let (loopback, uri) = try await stage()
        let keyring = loopback.server.keyring
        let identity = try PeerIdentity(Self.server)
        let liar = try await ScriptedDatagrams { datagram in
            guard let ask = DiscoveryAsk(reading: datagram),
                let answer = try? keyring.answer(
                    ask, identity: identity, uri: uri.description, at: wallClockMilliseconds())
            else { return [] }
            return [Array("PYRO:Pyro.NameServer@evil.example:1".utf8), [1, 2, 3], answer.bytes]
        }
        #expect(try await nameServer(of: asking(loopback, port: liar.port)) == Self.server)
        await liar.close()
        await loopback.close()
    }

    @Test("unsigned, recorded and strangers' answers are refused before anything is connected")
    func falseAnswers() async throws {
        let (loopback, uri) = try await stage()
        let identity = try PeerIdentity(Self.server)
        let own = loopback.server.keyring
        let recorded = try own.answer(
            DiscoveryAsk(), identity: identity, uri: uri.description, at: wallClockMilliseconds()
        ).bytes
        let stranger = Keyring(
            own: try .generate(id: own.own.id, algorithm: .ed25519), authorized: [])
        let liars: [(String, @Sendable ([UInt8]) -> [[UInt8]])] = [
            ("unsignedAnswer", { _ in [Array(uri.description.utf8)] }),
            ("unaskedAnswer", { _ in [recorded] }),
            ("oversizedAnswer", { _ in [[UInt8](repeating: 0, count: 1201)] }),
            ("malformedAnswer", { _ in [[]] + [[0]] }),
            (
                "wrongProof",
                { datagram in
                    guard let ask = DiscoveryAsk(reading: datagram) else { return [] }
                    let answer = try? stranger.answer(
                        ask, identity: identity, uri: uri.description, at: wallClockMilliseconds())
                    return [answer?.bytes ?? []]
                }
            ),
        ]
        for (code, script) in liars {
            let liar = try await ScriptedDatagrams(script)
            let finding = await broadcast(asking(loopback, port: liar.port, seconds: 0.3))
            #expect(reason(finding).contains(code), "\(finding)")
            #expect(finding.time >= .seconds(0.3))
            await liar.close()
        }
        #expect(try await nameServer(of: asking(loopback, port: 9, seconds: 0.2)) == "connectFailed")
        await loopback.close()
    }

    @Test("the server at the place that was named must be the one that signed")
    func signedForAnother() async throws {
        let (loopback, uri) = try await stage()
        let other = try loopback.hosts.homes(["other"])[0]
        let home = LanternHome(path: loopback.hosts.directory + "/client")
        try HomeFactory.authorize(other, identity: TestHosts.identity("other"), in: home)
        let keyring = try Keyring(directory: other.keysDirectory)
        let identity = try PeerIdentity("spiffe://lantern.test/other")
        let liar = try await ScriptedDatagrams { datagram in
            guard let ask = DiscoveryAsk(reading: datagram),
                let answer = try? keyring.answer(
                    ask, identity: identity, uri: uri.description, at: wallClockMilliseconds())
            else { return [] }
            return [answer.bytes]
        }
        var settings = try Settings.load(home)
        settings.broadcast = asking(loopback, port: liar.port).broadcast
        #expect(try await nameServer(of: settings) == "authenticationFailed")
        await liar.close()
        await loopback.close()
    }

    @Test("garbage does not stop the responder, and beyond its rate it is silent")
    func responderLimits() async throws {
        let (loopback, uri) = try await stage()
        let responder = try await responder(loopback, uri) { $0.answersPerSecond = 1 }
        let (answers, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        let asker = try await ScriptedDatagrams { datagram in
            continuation.yield(datagram)
            return []
        }
        let place = try SocketAddress(ipAddress: "127.0.0.1", port: responder.port)
        for datagram in [[], [0], [UInt8](repeating: 0, count: 1200), Array("GET_NSURI".utf8)] {
            try await asker.send(datagram, to: place)
        }
        var iterator = answers.makeAsyncIterator()
        #expect(await iterator.next() == Array(uri.description.utf8))
        await responder.close()
        await asker.close()
        await loopback.close()
    }

    @Test("a name server on a Unix socket, or at a port that is taken, cannot answer")
    func notAnswering() async throws {
        let (loopback, uri) = try await stage()
        let socket = try PyroURI("PYRO:Pyro.NameServer@./u:/tmp/ns")
        await #expect(throws: LanternError.self) { try await responder(loopback, socket) }
        await #expect(throws: LanternError.self) {
            try await responder(loopback, uri) { $0.host = "192.0.2.1" }
        }
        await loopback.close()
    }

    // MARK: - DNS

    private func domain(_ loopback: Loopback, _ servers: [SocketAddress], seconds: Double = 10) -> Settings {
        var settings = loopback.caller
        settings.nameServer.domain = "lantern.example"
        settings.nameServer.domainTimeout = .seconds(seconds)
        settings.dnsServers = servers
        return settings
    }

    /// Answers with these records, whatever the id.
    private static func dns(_ records: [[UInt8]], flags: Int = 0x8180) async throws -> ScriptedDatagrams {
        try await ScriptedDatagrams { datagram in
            guard datagram.count > 12 else { return [] }
            let id = Int(datagram[0]) << 8 | Int(datagram[1])
            return [
                [], Array(datagram.prefix(5)),
                DNSTests.answer(id: id ^ 1, []),
                DNSTests.answer(id: id, flags: flags, records),
            ]
        }
    }

    @Test("by DNS: the first host that is what it must be, after stray answers and a host that is away")
    func byDNS() async throws {
        let (loopback, _) = try await stage()
        let dns = try await Self.dns([
            DNSTests.record(DNSTests.service(2, 0, loopback.daemon.port, "localhost")),
            DNSTests.record(DNSTests.service(1, 0, 1, "localhost")),
        ])
        let settings = domain(loopback, [try dns.address])
        #expect(try await nameServer(of: settings) == Self.server)
        var other = settings
        other.nameServer.identity = "spiffe://lantern.test/other"
        #expect(try await nameServer(of: other) == "authenticationFailed")
        let finding = await NameServerLocator(settings: settings).finding(of: .dns, within: .seconds(10))
        guard case .found(let places) = finding.outcome else {
            Issue.record("\(finding)")
            return
        }
        #expect(places.map { "\($0.location)" } == ["localhost:1", "localhost:\(loopback.daemon.port)"])
        await dns.close()
        await loopback.close()
    }

    @Test("the certificate must be for the host that DNS names")
    func anotherName() async throws {
        let (loopback, _) = try await stage()
        let dns = try await Self.dns([
            DNSTests.record(DNSTests.service(1, 0, loopback.daemon.port, "ns.localhost"))
        ])
        let found = try await nameServer(of: domain(loopback, [try dns.address]))
        #expect(["authenticationFailed", "connectFailed"].contains(found), "\(found)")
        await dns.close()
        await loopback.close()
    }

    @Test("a silent server has its part of the time, then the next is asked; errors have their reason")
    func dnsFaults() async throws {
        let (loopback, _) = try await stage()
        let silent = try await ScriptedDatagrams { _ in [] }
        let record = DNSTests.record(DNSTests.service(1, 0, loopback.daemon.port, "localhost"))
        let good = try await Self.dns([record])
        let both = domain(loopback, [try silent.address, try good.address], seconds: 1)
        #expect(try await nameServer(of: both) == Self.server)
        func said(_ settings: Settings) async -> String {
            let locator = NameServerLocator(settings: settings)
            return reason(await locator.finding(of: .dns, within: .seconds(10)))
        }
        #expect(await said(domain(loopback, [try silent.address], seconds: 0.2)).contains("in time"))
        for (flags, records, text) in [
            (0x8182, [], "could not find out"), (0x8380, [record], "cut off"),
            (0x8183, [], "has no SRV records"),
            (0x8180, [DNSTests.record(DNSTests.service(0, 0, 0, ""))], "no name server"),
            (0x8180, [[0xC0, 0xFF]], "malformed"),
        ] {
            let dns = try await Self.dns(records, flags: flags)
            let reason = await said(domain(loopback, [try dns.address], seconds: 2))
            #expect(reason.contains(text), "\(reason)")
            await dns.close()
        }
        await silent.close()
        await good.close()
        await loopback.close()
    }

    // MARK: - Steps

    @Test("the first step that has an answer decides; the environment only fills a gap")
    func order() async throws {
        let (loopback, _) = try await stage()
        var settings = loopback.caller
        func decided(_ settings: Settings, at location: PyroURI.Location? = nil) async throws -> String {
            let locator = NameServerLocator(settings: settings, at: location)
            return "\(try await locator.places(within: .seconds(5)).first?.location as Any)"
        }
        func optional(_ text: String) -> String { "Optional(\(text))" }
        #expect(try await decided(settings) == optional("localhost:9090"))
        #expect(!settings.nameServer.isLookedFor(settings.broadcast))
        try settings.takeNameServer(from: ["LANTERN_NAME_SERVER": "ns.example:77"])
        settings.nameServer.identity = "spiffe://lantern.test/ns"
        #expect(settings.nameServer.isLookedFor(settings.broadcast))
        let places = try await NameServerLocator(settings: settings).places(within: .seconds(5))
        #expect(
            places == [
                .init(
                    location: .host("ns.example", port: 77), identity: "spiffe://lantern.test/ns",
                    serverName: nil)
            ])
        settings.nameServer.host = "chosen.example"
        #expect(try await decided(settings) == optional("chosen.example:9090"))
        #expect(!settings.nameServer.isLookedFor(settings.broadcast))
        #expect(try await decided(settings, at: .host("said", port: 1)) == optional("said:1"))
        #expect(throws: LanternError.self) {
            try settings.takeNameServer(from: ["LANTERN_NAME_SERVER": "no port:x"])
        }
        let findings = await NameServerLocator(settings: loopback.caller).findings()
        #expect(findings.map(\.step) == NameServerLocator.Step.allCases)
        await loopback.close()
    }

    @Test("where a domain is configured and has no answer, this host is not asked instead")
    func noFallback() async throws {
        let (loopback, _) = try await stage()
        let dns = try await Self.dns([], flags: 0x8183)
        let error = await #expect(throws: LanternError.self) {
            try await NameServerLocator(settings: domain(loopback, [try dns.address]))
                .places(within: .seconds(5))
        }
        #expect(error?.code == .connectFailed)
        #expect(error?.detail.contains("dns: _lantern._tcp.lantern.example has no SRV records") == true)
        await dns.close()
        await loopback.close()
    }

    @Test("the settings of the file, each from both sides of its limits")
    func file() throws {
        let hosts = try TestHosts()
        var settings = try hosts.pair(rules: []).client
        func apply(_ text: String) throws { try SettingsFile.apply(text, path: "x", to: &settings) }
        try apply(
            """
            name-server: { domain: lantern.example, domain-timeout: 0.5, identity: "spiffe://lantern.test/ns" }
            broadcast: { answer: true, ask: true, host: 127.0.0.1, port: 0, addresses: [192.0.2.255], pyro: false,
                         rate: 7, timeout: 0.5 }
            """)
        #expect(settings.nameServer.domain == "lantern.example")
        #expect(settings.nameServer.domainTimeout == .seconds(0.5))
        #expect(!settings.nameServer.isChosen)
        var expected = BroadcastSettings()
        #expect(!expected.isAnswering && !expected.isAsking)
        (expected.isAnswering, expected.isAsking, expected.isAnsweringPyro) = (true, true, false)
        (expected.host, expected.port, expected.addresses) = ("127.0.0.1", 0, ["192.0.2.255"])
        (expected.answersPerSecond, expected.timeout) = (7, .seconds(0.5))
        #expect(settings.broadcast == expected)
        for wrong in [
            "name-server: { domain: a..b }", "name-server: { domain: a, host: b }",
            "name-server: { domain-timeout: 0 }", "broadcast: { port: 65536 }", "broadcast: { rate: 0 }",
            "broadcast: { rate: 10001 }", "broadcast: { host: name.example }", "broadcast: { addresses: [] }",
            "broadcast: { addresses: [\"::1\"] }", "broadcast: { timeout: 61 }",
            "broadcast: { answers: true }",
        ] {
            #expect(throws: LanternError.self, "\(wrong)") { try apply(wrong) }
        }
        let many = Array(repeating: "192.0.2.1", count: 16).joined(separator: ", ")
        try apply("broadcast: { addresses: [\(many)] }")
        #expect(throws: LanternError.self) { try apply("broadcast: { addresses: [\(many), 192.0.2.1] }") }
    }
}

extension ScriptedDatagrams {
    func send(_ datagram: [UInt8], to place: SocketAddress) async throws {
        try await channel.writeAndFlush(
            AddressedEnvelope(remoteAddress: place, data: ByteBuffer(bytes: datagram)))
    }
}
