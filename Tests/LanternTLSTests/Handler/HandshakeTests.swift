import LanternTLS
import LanternTesting
import LanternTrust
import NIOCore
import NIOEmbedded
import Testing

struct HandshakeTests {
    let authority: TestAuthority
    let other: TestAuthority

    init() throws {
        authority = try TestAuthority()
        other = try TestAuthority(name: "another authority")
    }

    private func context(
        _ request: TestCertificate, from issuer: TestAuthority? = nil, trusting roots: String? = nil,
        change: (inout TLSSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        let identity = try (issuer ?? authority).issue(request)
        var settings = identity.settings(trusting: roots ?? authority.rootsFile)
        change(&settings)
        return try TLSContext.dangerouslyIgnoringOwnDates(settings)
    }

    @Test("I1 I2: both ends learn whom they speak to and share the same channel facts")
    func established() throws {
        let client = try context(TestCertificate("client"))
        let server = try context(TestCertificate("server"))
        let pair = try EmbeddedPair(client: client, server: server)
        try pair.pump()
        let atClient = try #require(pair.clientRecorder.established)
        let atServer = try #require(pair.serverRecorder.established)
        #expect(atClient.peer == server.ownCertificate)
        #expect(atServer.peer == client.ownCertificate)
        #expect(atServer.peer.identity.description == "spiffe://lantern.test/client")
        #expect(atClient.facts == atServer.facts)
        #expect(atClient.facts.clientFingerprint == client.ownCertificate.fingerprint)
        #expect(atClient.facts.serverFingerprint == server.ownCertificate.fingerprint)
        #expect(atClient.facts.exporter?.count == 32)
        #expect(pair.clientRecorder.errors.isEmpty && pair.serverRecorder.errors.isEmpty)
    }

    @Test("each connection has its own exporter value")
    func exporterIsFresh() throws {
        let one = try context(TestCertificate("client"))
        let first = try EmbeddedPair(client: one, server: one)
        let second = try EmbeddedPair(client: one, server: one)
        try first.pump()
        try second.pump()
        let exporters = [first, second].map { $0.clientRecorder.established?.facts.exporter }
        #expect(exporters[0] != nil && exporters[0] != exporters[1])
    }

    @Test("what is written in answer to the event goes out with the client's Finished")
    func oneWriteForFinishedAndFirstData() throws {
        let one = try context(TestCertificate("client"))
        let pair = try EmbeddedPair(client: one, server: one)
        pair.clientRecorder.onEstablished = { context in
            context.writeAndFlush(NIOAny(ByteBuffer(string: "first")), promise: nil)
        }
        try pair.pump()
        #expect(pair.sentByClient.count == 2)
        #expect(String(buffer: pair.serverRecorder.received) == "first")
    }

    @Test("data written before the handshake is done arrives after it")
    func earlyWrite() throws {
        let one = try context(TestCertificate("client"))
        let pair = try EmbeddedPair(client: one, server: one)
        let written = pair.client.writeAndFlush(ByteBuffer(string: "early"))
        try pair.pump()
        #expect(String(buffer: pair.serverRecorder.received) == "early")
        try written.wait()
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let certificate: TestCertificate
        let code: TLSError.Code
    }

    static let refusals: [Refusal] = [
        Refusal(testDescription: "expired", certificate: .expired, code: .expired),
        Refusal(testDescription: "not yet valid", certificate: .notYetValid, code: .notYetValid),
        Refusal(testDescription: "an authority's", certificate: .authorityAsPeer, code: .wrongPurpose),
    ]
    static let identityless: [Refusal] = [
        Refusal(testDescription: "no URI", certificate: .withoutIdentity, code: .noIdentity),
        Refusal(testDescription: "two URIs", certificate: .withTwoIdentities, code: .noIdentity),
        Refusal(
            testDescription: "a URI of another scheme",
            certificate: TestCertificate().with { $0.uris = ["https://lantern.test/x"] }, code: .noIdentity),
    ]

    @Test(
        "a client with a wrong certificate is refused, and learns so after its own handshake",
        arguments: refusals)
    func clientRefused(_ refusal: Refusal) throws {
        let pair = try EmbeddedPair(
            client: try context(refusal.certificate), server: try context(TestCertificate("server")))
        try pair.pump()
        #expect(pair.serverRecorder.code == refusal.code)
        #expect(pair.serverRecorder.established == nil)
        #expect(pair.serverRecorder.errors.count == 1)
        #expect(pair.serverRecorder.errors.first?.peer == "the test client")
        #expect(pair.clientRecorder.established != nil)
        #expect(pair.clientRecorder.code == .refusedByPeer)
        #expect(pair.clientRecorder.errors.count == 1)
    }

    @Test("a server with a wrong certificate is refused, and learns so", arguments: refusals)
    func serverRefused(_ refusal: Refusal) throws {
        let pair = try EmbeddedPair(
            client: try context(TestCertificate("client")), server: try context(refusal.certificate))
        try pair.pump()
        #expect(pair.clientRecorder.code == refusal.code)
        #expect(pair.clientRecorder.established == nil)
        #expect(pair.serverRecorder.code == .refusedByPeer)
        #expect(pair.serverRecorder.established == nil)
    }

    @Test("a peer without exactly one identity is refused", arguments: identityless)
    func noIdentity(_ refusal: Refusal) throws {
        // Only a context for DNS names takes such a certificate for its own.
        let odd = try context(refusal.certificate) { $0.identitySource = .dnsName }
        let strict = try context(TestCertificate("strict"))
        let asClient = try EmbeddedPair(client: odd, server: strict)
        try asClient.pump()
        #expect(asClient.serverRecorder.code == .noIdentity)
        #expect(asClient.clientRecorder.code == .refusedByPeer)
        let asServer = try EmbeddedPair(client: strict, server: odd)
        try asServer.pump()
        #expect(asServer.clientRecorder.code == .noIdentity)
        #expect(asServer.serverRecorder.code == .refusedByPeer)
    }

    @Test("extended key usage is held against the role")
    func wrongUsage() throws {
        let right = try context(TestCertificate("right"))
        let serverOnly = try context(TestCertificate("s").with { $0.isForClients = false })
        let clientOnly = try context(TestCertificate("c").with { $0.isForServers = false })
        let first = try EmbeddedPair(client: serverOnly, server: right)
        try first.pump()
        #expect(first.serverRecorder.code == .wrongPurpose)
        #expect(first.clientRecorder.errors.first?.detail.contains("unsupported_certificate") == true)
        let second = try EmbeddedPair(client: right, server: clientOnly)
        try second.pump()
        #expect(second.clientRecorder.code == .wrongPurpose)
    }

    @Test("a certificate of another authority is refused on both sides, and the roots file is named")
    func unknownAuthority() throws {
        let right = try context(TestCertificate("right"))
        let foreign = try context(TestCertificate("foreign"), from: other)
        let first = try EmbeddedPair(client: foreign, server: right)
        try first.pump()
        #expect(first.serverRecorder.code == .unknownAuthority)
        #expect(first.serverRecorder.errors.first?.hint == authority.rootsFile)
        #expect(first.clientRecorder.code == .refusedByPeer)
        #expect(first.clientRecorder.errors.first?.detail.contains("unknown_ca") == true)
        let second = try EmbeddedPair(client: right, server: foreign)
        try second.pump()
        #expect(second.clientRecorder.code == .unknownAuthority)
        #expect(second.serverRecorder.code == .refusedByPeer)
    }

    @Test(
        "the server's certificate is checked against the name that was called",
        arguments: [
            (ServerName.host("localhost"), true), (.address("127.0.0.1"), true), (.address("::1"), true),
            (.host("127.0.0.1"), true), (.host("localhost."), true), (.host("example.test"), false),
            (.address("127.0.0.2"), false), (.address("::2"), false),
        ])
    func host(_ name: ServerName, _ isRight: Bool) throws {
        let one = try context(TestCertificate("one"))
        let pair = try EmbeddedPair(client: one, server: one, serverName: name)
        try pair.pump()
        #expect((pair.clientRecorder.established != nil) == isRight)
        #expect(pair.clientRecorder.code == (isRight ? nil : .wrongHost))
        #expect(pair.serverRecorder.code == (isRight ? nil : .refusedByPeer))
    }

    @Test(
        "a server name that is none is refused before anything is sent",
        arguments: [
            ServerName.host(""), .host(".test"), .host("a b"), .host("x\0y"), .address("localhost"),
            .identityOnly,
        ])
    func badServerName(_ name: ServerName) throws {
        let one = try context(TestCertificate("one"))
        let pair = try EmbeddedPair(client: one, server: one, serverName: name)
        try pair.pump()
        #expect(pair.clientRecorder.code == .badSetting)
        #expect(pair.sentByClient.isEmpty)
    }

    @Test("I3: the expected identity is demanded on top of the host", arguments: [true, false])
    func expectedIdentity(_ hasHost: Bool) throws {
        let one = try context(TestCertificate("one"))
        let name = hasHost ? ServerName.host("localhost") : .identityOnly
        for (pattern, isRight) in [
            ("spiffe://lantern.test/one", true), ("spiffe://lantern.test/*", true),
            ("spiffe://lantern.test/two", false), ("spiffe://lantern.test/on", false),
        ] {
            let pair = try EmbeddedPair(
                client: one, server: one, serverName: name, expectedIdentity: IdentityMatcher(pattern))
            try pair.pump()
            #expect((pair.clientRecorder.established != nil) == isRight)
            #expect(pair.clientRecorder.code == (isRight ? nil : .wrongIdentity))
        }
    }

    @Test("DNS identities count only where the setting says so")
    func dnsIdentity() throws {
        let one = try context(TestCertificate("one")) { $0.identitySource = .dnsName }
        let pair = try EmbeddedPair(client: one, server: one)
        try pair.pump()
        #expect(pair.serverRecorder.established?.peer.identity.description == "dns:localhost")
    }

    @Test("a silent peer costs no more than the handshake timeout", arguments: [true, false])
    func silentPeer(_ isClient: Bool) throws {
        let one = try context(TestCertificate("one")) { $0.handshakeTimeout = .seconds(3) }
        let pair = try EmbeddedPair(client: one, server: one)
        let recorder = isClient ? pair.clientRecorder : pair.serverRecorder
        pair.loop.advanceTime(by: .milliseconds(2999))
        #expect(recorder.code == nil)
        pair.loop.advanceTime(by: .milliseconds(1))
        #expect(recorder.code == .handshakeTimeout)
        #expect(recorder.isInactive)
    }

    @Test("an established connection has no handshake timeout")
    func timerIsGone() throws {
        let one = try context(TestCertificate("one"))
        let pair = try EmbeddedPair(client: one, server: one)
        try pair.pump()
        pair.loop.advanceTime(by: .hours(1))
        #expect(pair.clientRecorder.errors.isEmpty && pair.client.isActive)
    }

    @Test(
        "bytes that are no TLS are called so, and not repeated",
        arguments: ["PYRO\u{1}\u{2}", "GET / HTTP/1.1\r\n\r\n", "hello", "\u{16}\u{9}xxx"])
    func plaintext(_ text: String) throws {
        let one = try context(TestCertificate("one"))
        let pair = try EmbeddedPair(client: one, server: one)
        try pair.server.writeInbound(ByteBuffer(string: text))
        #expect(pair.serverRecorder.code == .plaintext)
        #expect(pair.serverRecorder.errors.first?.detail.contains("hello") == false)
        try pair.client.writeInbound(ByteBuffer(string: text))
        #expect(pair.clientRecorder.code == .plaintext)
    }

    @Test("a changed byte breaks the connection")
    func tampered() throws {
        let one = try context(TestCertificate("one"))
        let pair = try EmbeddedPair(client: one, server: one)
        try pair.pump()
        _ = pair.client.writeAndFlush(ByteBuffer(string: "hello"))
        var bytes = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        let last = bytes.readableBytes - 1
        bytes.setInteger((bytes.getInteger(at: last, as: UInt8.self) ?? 0) ^ 1, at: last)
        try pair.server.writeInbound(bytes)
        #expect(pair.serverRecorder.code == .protocolViolation)
        #expect(pair.serverRecorder.received.readableBytes == 0)
        try pair.pump()
        #expect(pair.clientRecorder.code == .refusedByPeer)
    }
}
