import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Synchronization
import Testing

@testable import Lantern

/// What becomes of connections that are open when trust changes.
@Suite(.timeLimit(.minutes(2)))
struct LiveJudgingTests {
    @Test("a client that is revoked loses its connection with a reason, its call under way, and the way back")
    func revokedClient() async throws {
        let stage = try await TrustStage()
        let counter = try stage.counter()
        #expect(try await counter.add(1) == 1)
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        try stage.revoke([stage.caller.certificateFile], in: stage.server)
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.detail.contains("your certificate is revoked") == true)
        try await stage.gate.wait("cancelled")
        let refused = await #expect(throws: LanternError.self) { try await counter.add(1) }
        #expect(refused?.code == .authenticationFailed)
        #expect(refused?.detail.contains("revoked") == true)
        let line = try #require(await TrustStage.line(stage.log, holding: "peer no longer trusted"))
        #expect(line.contains("spiffe://lantern.test/client"))
        #expect(line.contains("crl.pem"))
        await stage.close()
    }

    @Test("a server that is revoked is left by its client, whose call under way says so")
    func revokedServer() async throws {
        let stage = try await TrustStage()
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        try stage.revoke([stage.server.certificateFile], in: stage.caller)
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.code == .authenticationFailed)
        #expect((error?.cause as? TLSError)?.code == .revoked)
        // The server learns that nobody waits.
        try await stage.gate.wait("cancelled")
        let refused = await #expect(throws: LanternError.self) { try await counter.add(1) }
        #expect(refused?.code == .authenticationFailed)
        await stage.close()
    }

    @Test("others stay: their calls and streams do not notice that somebody was revoked")
    func others() async throws {
        let stage = try await TrustStage()
        let counter = try stage.counter()
        var numbers = try await counter.numbers(upTo: 100).makeAsyncIterator()
        #expect(try await numbers.next() == 0)
        let connection = try await counter.whoCalls()
        let stranger = stage.hosts.directory + "/stranger"
        try stage.authority.issue(
            identity: TestHosts.identity("stranger"), certificateFile: stranger + ".pem",
            keyFile: stranger + ".key")
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        try stage.revoke([stranger + ".pem"], in: stage.server)
        #expect(await stage.epochs.next() == 2)
        #expect(try await counter.whoCalls() == connection)
        for expected in 1..<100 { #expect(try await numbers.next() == expected) }
        waiting.cancel()
        _ = try? await waiting.value
        await stage.close()
    }

    @Test(
        "a handshake key that is taken away, given to another, or exchanged ends the connection",
        arguments: 0..<3)
    func keys(how: Int) async throws {
        let stage = try await TrustStage()
        let counter = try stage.counter()
        #expect(try await counter.add(1) == 1)
        let path = stage.server.authorizedKeysDirectory + "/client-1.key"
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        switch how {
        case 0: try stage.remove(path)
        case 1:
            let key = try HandshakeKey(contentsOf: stage.caller.ownKeyFile)
            try key.authorizedKey(for: ["spiffe://lantern.test/another"]).write(to: path)
        default:
            let key = try HandshakeKey.generate(id: "client-1", algorithm: .ed25519)
            try key.authorizedKey(for: ["spiffe://lantern.test/client"]).write(to: path)
        }
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.code == .connectionLost)
        // A peer is told no more about keys than at a handshake.
        #expect(error?.detail.hasSuffix("authentication failed") == true)
        let line = try #require(await TrustStage.line(stage.log, holding: "peer no longer trusted"))
        #expect(line.contains("client-1"))
        await #expect(throws: LanternError.self) { try await counter.add(1) }
        await stage.close()
    }

    @Test("the client leaves a server whose handshake key it does not believe any more")
    func serverKey() async throws {
        let stage = try await TrustStage()
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        try stage.remove(stage.caller.authorizedKeysDirectory + "/server-1.key")
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.code == .authenticationFailed)
        #expect((error?.cause as? TrustError)?.code == .unknownKey)
        await stage.close()
    }

    @Test("roots without the peer's authority end its connection")
    func roots() async throws {
        // The client has an authority of its own, which the server trusts besides.
        let stage = try await TrustStage(prepare: { _, server, caller in
            let other = try LocalAuthority.create(
                name: "other", certificateFile: caller.path + "/other.pem",
                keyFile: caller.path + "/other.key")
            try other.issue(
                identity: TestHosts.identity("client"), certificateFile: caller.certificateFile,
                keyFile: caller.privateKeyFile)
            let roots = try [server.trustRootsFile, other.certificateFile].map {
                try #require(try TextFile.read($0))
            }
            try roots.joined().write(toFile: server.trustRootsFile, atomically: true, encoding: .utf8)
        })
        let counter = try stage.counter()
        #expect(try await counter.add(1) == 1)
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        try stage.replace(
            stage.server.trustRootsFile, with: stage.text(stage.hosts.directory + "/authority/ca.pem"))
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.detail.contains("your certificate is not accepted any more") == true)
        #expect(
            await TrustStage.line(stage.log, holding: "peer no longer trusted")?.contains("roots.pem") == true
        )
        await stage.close()
    }

    @Test("a narrower policy refuses the next call, and ends what runs by a right that is gone")
    func narrowedPolicy() async throws {
        let stage = try await TrustStage()
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        try stage.replace(
            stage.server.policyFile,
            with: TrustStage.policy.replacing("methods: [\"*\"]", with: "methods: [\"add\"]"))
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.detail.contains("the policy has changed") == true)
        #expect(try await counter.add(1) == 1)
        await #expect(throws: (any Error).self) { try await counter.describe(name: "x", times: 1) }
        await stage.close()
    }

    @Test("a policy that still allows what runs leaves it alone; so does the same text")
    func otherPolicy() async throws {
        let stage = try await TrustStage()
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        let wider = TrustStage.policy + "  - deny: [\"*\"]\n    objects: [counter]\n    methods: [fail]\n"
        try stage.replace(stage.server.policyFile, with: wider)
        #expect(await stage.epochs.next() == 2)
        #expect(try await counter.add(1) == 1)
        await #expect(throws: (any Error).self) { try await counter.fail(with: "x") }
        let policy = stage.daemon.core.trust.current.policy
        try stage.replace(stage.server.policyFile, with: wider)
        #expect(await stage.epochs.next() == 3)
        #expect(stage.daemon.core.trust.current.policy === policy)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await stage.gate.wait("cancelled")
        await stage.close()
    }

    @Test("a client's certificate that expires while it is connected ends the connection")
    func clientExpires() async throws {
        let stage = try await TrustStage(prepare: { authority, _, caller in
            try authority.issue(
                identity: TestHosts.identity("client"), notAfter: TrustStage.now + 8,
                certificateFile: caller.certificateFile, keyFile: caller.privateKeyFile)
        })
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.detail.contains("your certificate has expired") == true)
        #expect(stage.client.health.status == .red)
        // The way back needs nothing of the old certificate.
        try stage.issue(for: stage.caller, "client")
        #expect(await stage.clientEpochs.next() != nil)
        #expect(try await counter.add(1) == 1)
        await stage.close()
    }

    @Test("a server's certificate that expires while it is connected ends the connection at the client")
    func serverExpires() async throws {
        let stage = try await TrustStage(prepare: { authority, server, _ in
            try authority.issue(
                identity: TestHosts.identity("server"), dnsNames: ["localhost"], addresses: ["127.0.0.1"],
                notAfter: TrustStage.now + 8, certificateFile: server.certificateFile,
                keyFile: server.privateKeyFile)
        })
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.code == .authenticationFailed)
        #expect((error?.cause as? TLSError)?.code == .expired)
        await stage.close()
    }

    @Test("within the grace an expired client stays, and ends after it; a new connection has no grace")
    func grace() async throws {
        let end = TrustStage.now + 6
        let stage = try await TrustStage(prepare: { authority, _, caller in
            try authority.issue(
                identity: TestHosts.identity("client"), notAfter: end,
                certificateFile: caller.certificateFile, keyFile: caller.privateKeyFile)
        }) { $0.trust.expiryGrace = .seconds(3) }
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(TrustStage.now >= end + 3)
        #expect(error?.detail.contains("expired") == true)
        await #expect(throws: LanternError.self) { try await counter.add(1) }
        await stage.close()
    }

    @Test("a revocation list that goes stale while peers are connected lets none of them stay")
    func listGoesStale() async throws {
        let stage = try await TrustStage(prepare: { authority, server, _ in
            try authority.publishRevocationList(
                revoking: [], nextUpdate: TrustStage.now + 8, to: server.crlFile)
        })
        let counter = try stage.counter()
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        #expect(stage.daemon.health.status != .green)
        let error = await #expect(throws: LanternError.self) { try await waiting.value }
        #expect(error?.detail.contains("cannot be checked for revocation") == true)
        #expect(stage.daemon.health.status == .red)
        try stage.revoke([], in: stage.server)
        #expect(await stage.epochs.next() == 2)
        #expect(try await counter.add(1) == 1)
        await stage.close()
    }

    @Test("a call knows the epoch by which its caller was judged last")
    func stamp() async throws {
        let stage = try await TrustStage()
        try await stage.daemon.register(
            dynamic: Lab(["epoch": { _ in .value(.int(Int64(CallContext.current?.trustEpoch ?? 0))) }]),
            id: "lab")
        let lab = try stage.client.dynamicProxy(stage.daemon.uri(of: "lab").description)
        #expect(try await lab.call("epoch").intValue == 1)
        try await stage.daemon.reload()
        #expect(try await lab.call("epoch").intValue == 2)
        await stage.close()
    }

    @Test("a peer in the middle of its handshake when the files change is judged by the new ones")
    func duringHandshake() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        let settings = try Settings.load(stage.caller)
        // TLS is done under epoch 1, CONNECT comes under epoch 2.
        let (revoked, fine) = (
            try await RawEnd.connect(settings, port: stage.daemon.port),
            try await RawEnd.connect(settings, port: stage.daemon.port)
        )
        try await stage.daemon.reload()
        try await fine.authenticate()
        try stage.revoke([stage.caller.certificateFile], in: stage.server)
        try await stage.daemon.reload()
        try await revoked.send(revoked.connectFrame())
        let answer = try #require(await revoked.next())
        #expect(answer.type == .connectFail)
        #expect(try answer.value().textValue == "your certificate is revoked")
        // And the one that was in is out.
        #expect(await fine.rest().isEmpty)
        await stage.close()
    }

    @Test(
        "a Pyro peer is closed without a word, a Lantern peer gets a notice with the reason",
        arguments: [true, false])
    func notice(asLantern: Bool) async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        let peer = try await RawEnd.connect(Settings.load(stage.caller), port: stage.daemon.port)
        try await peer.authenticate(asLantern: asLantern)
        try stage.revoke([stage.caller.certificateFile], in: stage.server)
        try await stage.daemon.reload()
        let rest = await peer.rest()
        #expect(rest.map(\.drainReason) == (asLantern ? ["your certificate is revoked"] : []))
        await stage.close()
    }

    @Test("pulled streams of a revoked peer end with its connection, whatever the linger time")
    func streams() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        let peer = try await RawEnd.connect(Settings.load(stage.caller), port: stage.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("numbers", [5]))
        _ = try #require(await peer.next())
        #expect(stage.daemon.core.streams.count == 1)
        try stage.revoke([stage.caller.certificateFile], in: stage.server)
        try await stage.daemon.reload()
        #expect(await peer.rest().isEmpty)
        #expect(stage.daemon.core.streams.count == 0)
        await stage.close()
    }
}
