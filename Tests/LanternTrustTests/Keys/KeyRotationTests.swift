import Testing

@testable import LanternTrust

/// The phases of a rotation: whoever has already gone on and whoever has not yet accept each other, at every step.
struct KeyRotationTests {
    /// What one end has on disk at one step.
    struct Step: Sendable, CustomTestStringConvertible {
        let name: String
        let client: Keyring
        let server: Keyring

        var testDescription: String { name }
    }

    private static func grant(_ key: HandshakeKey, _ identity: String) throws -> AuthorizedKey {
        try key.authorizedKey(for: [identity])
    }

    /// A client's rotation: prepare, let the server accept it, use it, retire the old one at the server.
    private static func clientRotates(_ algorithm: HandshakeAlgorithm) throws -> [Step] {
        let (old, new) = try (
            HandshakeKey.generate(id: "c-1", algorithm: algorithm),
            HandshakeKey.generate(id: "c-2", algorithm: algorithm)
        )
        let server = try HandshakeKey.generate(id: "s-1", algorithm: algorithm)
        // With shared keys the server answers with the client's; with Ed25519 with its own.
        let believed =
            try algorithm == .hmac
            ? [grant(old, Ends.serverIdentity), grant(new, Ends.serverIdentity)]
            : [grant(server, Ends.serverIdentity)]
        let first = try grant(old, Ends.clientIdentity)
        let second = try grant(new, Ends.clientIdentity)
        func ring(_ own: HandshakeKey, next: HandshakeKey? = nil, previous: HandshakeKey? = nil) -> Keyring {
            Keyring(own: own, next: next, previous: previous, authorized: believed)
        }
        return [
            Step(name: "before", client: ring(old), server: Keyring(own: server, authorized: [first])),
            Step(
                name: "prepared", client: ring(old, next: new),
                server: Keyring(own: server, authorized: [first])),
            Step(
                name: "accepted", client: ring(old, next: new),
                server: Keyring(own: server, authorized: [first, second])),
            Step(
                name: "in use", client: ring(new, previous: old),
                server: Keyring(own: server, authorized: [first, second])),
            Step(
                name: "finished", client: ring(new),
                server: Keyring(own: server, authorized: [first, second])),
            Step(name: "retired", client: ring(new), server: Keyring(own: server, authorized: [second])),
        ]
    }

    /// A server's rotation, seen by a client that uses a key of its own.
    private static func serverRotates() throws -> [Step] {
        let (old, new) = try (
            HandshakeKey.generate(id: "s-1", algorithm: .ed25519),
            HandshakeKey.generate(id: "s-2", algorithm: .ed25519)
        )
        let client = try HandshakeKey.generate(id: "c-1", algorithm: .ed25519)
        let believed = [try grant(client, Ends.clientIdentity)]
        let first = try grant(old, Ends.serverIdentity)
        let second = try grant(new, Ends.serverIdentity)
        func ring(_ own: HandshakeKey, next: HandshakeKey? = nil, previous: HandshakeKey? = nil) -> Keyring {
            Keyring(own: own, next: next, previous: previous, authorized: believed)
        }
        return [
            Step(name: "before", client: Keyring(own: client, authorized: [first]), server: ring(old)),
            Step(
                name: "prepared", client: Keyring(own: client, authorized: [first]),
                server: ring(old, next: new)),
            Step(
                name: "accepted", client: Keyring(own: client, authorized: [first, second]),
                server: ring(old, next: new)),
            Step(
                name: "in use", client: Keyring(own: client, authorized: [first, second]),
                server: ring(new, previous: old)),
            Step(
                name: "finished", client: Keyring(own: client, authorized: [first, second]), server: ring(new)
            ),
            Step(name: "retired", client: Keyring(own: client, authorized: [second]), server: ring(new)),
        ]
    }

    /// A server's rotation of a shared key that its clients have from it: they change over one by one.
    private static func sharedRotates() throws -> [Step] {
        let users = ["spiffe://lantern.test/*"]
        let (old, new) = try (
            HandshakeKey.generate(id: "h-1", algorithm: .hmac, identities: users),
            HandshakeKey.generate(id: "h-2", algorithm: .hmac, identities: users)
        )
        func ring(_ own: HandshakeKey, next: HandshakeKey? = nil, previous: HandshakeKey? = nil) -> Keyring {
            Keyring(own: own, next: next, previous: previous, authorized: [])
        }
        return [
            Step(name: "before", client: ring(old), server: ring(old)),
            Step(name: "prepared", client: ring(old, next: new), server: ring(old, next: new)),
            Step(name: "the server uses it", client: ring(old, next: new), server: ring(new, previous: old)),
            Step(
                name: "the client uses it", client: ring(new, previous: old), server: ring(new, previous: old)
            ),
            Step(name: "finished", client: ring(new), server: ring(new)),
        ]
    }

    @Test("no step of a rotation fails a handshake, forwards and backwards, whoever is one step ahead")
    func allSteps() throws {
        let rotations = try [
            Self.clientRotates(.ed25519), Self.clientRotates(.hmac), Self.serverRotates(),
            Self.sharedRotates(),
        ]
        for steps in rotations {
            for (before, after) in zip(steps, steps.dropFirst()) {
                for client in [before.client, after.client] {
                    for server in [before.server, after.server] {
                        #expect(throws: Never.self, "\(before.name) to \(after.name)") {
                            try Self.shakeHands(client, server)
                        }
                    }
                }
            }
        }
    }

    @Test("a retired key opens nothing, and a key that is not accepted yet neither")
    func ends() throws {
        for algorithm in HandshakeAlgorithm.allCases {
            let steps = try Self.clientRotates(algorithm)
            expectRefusal(.unknownKey) { () throws(TrustError) in
                try trust { try Self.shakeHands(steps[0].client, steps[5].server) }
            }
            expectRefusal(.unknownKey) { () throws(TrustError) in
                try trust { try Self.shakeHands(steps[3].client, steps[0].server) }
            }
        }
    }

    @Test("next and previous keys are read with the directory, and never have the id of the own one")
    func directory() throws {
        let home = try TemporaryDirectory()
        _ = try home.directory("authorized")
        _ = try home.file("own.key", KeyFileTests.own)
        _ = try home.file("next.key", KeyFileTests.own.replacing("client-1", with: "client-2"))
        _ = try home.file("previous.key", KeyFileTests.own.replacing("client-1", with: "client-0"))
        let ring = try Keyring(directory: home.path)
        #expect((ring.own.id, ring.next?.id, ring.previous?.id) == ("client-1", "client-2", "client-0"))
        // The same key once more is half a step of a rotation; another one is a mistake.
        _ = try home.file("next.key", KeyFileTests.own)
        #expect(try Keyring(directory: home.path).next == nil)
        try HandshakeKey.generate(id: "client-1", algorithm: .ed25519).write(to: "\(home.path)/next.key")
        expectRefusal(.duplicateKey) { () throws(TrustError) in try Keyring(directory: home.path) }
        _ = try home.file("next.key", "nonsense")
        expectRefusal(.malformedKeyFile) { () throws(TrustError) in try Keyring(directory: home.path) }
    }

    @Test(
        "file names of keys stay in their directory",
        arguments: [
            ("client-1", true), ("a.b_c-9", true), ("a/b", false), ("../x", false), (".x", false),
            ("", false), ("a b", false), ("ä", false),
        ])
    func fileNames(id: String, isName: Bool) {
        #expect(KeyDirectory.isFileName(id) == isName)
        #expect((try? KeyDirectory(path: "/k").authorized(id)) == (isName ? "/k/authorized/\(id).key" : nil))
    }

    private static func shakeHands(_ client: Keyring, _ server: Keyring) throws {
        let client = try Authenticator(keyring: client)
        let server = try Authenticator(keyring: server)
        let channel = Ends.channel()
        let proof = try client.makeClientProof(
            protocolVersion: 502, object: Ends.object, channel: channel, binding: .tlsExporter)
        let peer = try server.acceptClient(
            proof, protocolVersion: 502, object: Ends.object, channel: channel,
            peer: Ends.certificate(Ends.clientIdentity, 0xC1))
        let answer = try server.makeServerProof(
            answering: proof, to: peer, protocolVersion: 502, object: Ends.object, channel: channel)
        _ = try client.acceptServer(
            answer, answering: proof, protocolVersion: 502, object: Ends.object, channel: channel,
            peer: Ends.certificate(Ends.serverIdentity, 0x5E))
    }
}
