import Foundation
import Testing

@testable import LanternTrust

/// What the text of a key file may be.
struct KeyFileTests {
    static let secret = Data((0..<32).map { UInt8($0) }).base64EncodedString()
    static let own = "lantern-key-v1\nid: client-1\nalgorithm: ed25519\nsecret: \(secret)\n"
    static let peer =
        "lantern-authorized-key-v1\nid: peer-1\nalgorithm: ed25519\npublic: \(secret)\n"
        + "identity: spiffe://lantern.test/client/*\nidentity: dns:build.lantern.test\n"

    @Test("a key that was written is read and signs the same", arguments: HandshakeAlgorithm.allCases)
    func roundTrip(algorithm: HandshakeAlgorithm) throws {
        let home = try TemporaryDirectory()
        let key = try HandshakeKey.generate(
            id: "k", algorithm: algorithm, identities: ["spiffe://td/*", "dns:h"])
        let path = "\(home.path)/own.key"
        try key.write(to: path)
        #expect(mode(of: path) == 0o600)
        let read = try HandshakeKey(contentsOf: path)
        #expect((read.id, read.algorithm) == ("k", algorithm))
        #expect(read.identities == key.identities)
        #expect(read.prove([1, 2, 3]) == key.prove([1, 2, 3]))
        #expect(read.secret.equals(key.secret))
        // Again over the old one, without leaving anything else behind.
        try read.write(to: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == ["own.key"])
    }

    @Test("an authorised key that was written is read and verifies", arguments: HandshakeAlgorithm.allCases)
    func authorizedRoundTrip(algorithm: HandshakeAlgorithm) throws {
        let home = try TemporaryDirectory()
        let key = try HandshakeKey.generate(id: "k", algorithm: algorithm)
        let path = "\(home.path)/k.key"
        try key.authorizedKey(for: ["spiffe://td/a"], role: .client).write(to: path)
        #expect(mode(of: path) == (algorithm == .hmac ? 0o600 : 0o644))
        let read = try AuthorizedKey(contentsOf: path)
        #expect(read.role == .client)
        #expect(read.isFor(try PeerIdentity("spiffe://td/a")))
        #expect(!read.isFor(try PeerIdentity("spiffe://td/ab")))
        #expect(read.verifies(key.prove([5]), over: [5]))
        #expect(!read.verifies(key.prove([5]), over: [6]))
    }

    @Test("two generated keys differ")
    func random() throws {
        let one = try HandshakeKey.generate(id: "k", algorithm: .ed25519)
        #expect(!one.secret.equals(try HandshakeKey.generate(id: "k", algorithm: .ed25519).secret))
    }

    @Test("comments, blank lines, blanks and CR LF are no matter")
    func lenient() throws {
        let home = try TemporaryDirectory()
        let text = "# mine\n\n" + Self.own + "  \n#identity: x\nidentity:   spiffe://td/a  \n"
        for text in [text, text.replacing("\n", with: "\r\n"), String(text.dropLast())] {
            let key = try HandshakeKey(contentsOf: try home.file(text))
            #expect(key.id == "client-1")
            #expect(key.identities == ["spiffe://td/a"])
            #expect(key.publicKey?.identities == ["spiffe://td/a"])
        }
        let any = try AuthorizedKey(contentsOf: try home.file(Self.peer + "role: any\n"))
        #expect(any.role == nil)
        #expect(any.isFor(try PeerIdentity("dns:build.lantern.test")))
        #expect(!any.isFor(try PeerIdentity("dns:other.lantern.test")))
    }

    @Test(
        "an own key file that is not as it must be is refused with its line",
        arguments: [
            ("", "is empty"), ("# only\n", ":1:"), ("lantern-key-v3\n", ":1:"), (" " + own, ":1:"),
            ("id: a\nlantern-key-v1\n", ":1:"), (own + "id: other\n", ":5:"),
            (own + "secret: \(secret)\n", ":5:"),
            (own + "algorithm: ed25519\n", ":5:"), (own + "colour: red\n", ":5:"),
            (own + "Identity: x\n", ":5:"),
            (own + "identity\n", ":5:"), (own + "identity:\n", ":5:"), (own + "identity: a b\n", ":5:"),
            (own + "role: client\n", ":5:"), (own.replacing("id: client-1\n", with: ""), "'id' is missing"),
            (own.replacing("client-1", with: "client 1"), ":2:"),
            (own.replacing("client-1", with: "clïent"), ":2:"),
            (own.replacing("client-1", with: String(repeating: "x", count: 129)), ":2:"),
            (own.replacing("algorithm: ed25519\n", with: ""), "'algorithm' is missing"),
            (own.replacing("secret: \(secret)\n", with: ""), "'secret' is missing"),
            (own.replacing(secret, with: "AAAA"), ":4:"),
            (own.replacing(secret, with: secret + "AAAA"), ":4:"),
            (own.replacing("=", with: ""), ":4:"), (own.replacing("=", with: "=x"), ":4:"),
            (own.replacing(secret, with: "!" + secret.dropFirst()), ":4:"),
            (own.replacing(secret, with: "\u{0}" + secret.dropFirst()), ":4:"),
        ])
    func malformed(text: String, place: String) throws {
        let home = try TemporaryDirectory()
        let path = try home.file(text)
        let error = expectRefusal(.malformedKeyFile) { () throws(TrustError) in
            try HandshakeKey(contentsOf: path)
        }
        #expect(error?.detail.contains(place) == true)
        #expect(error?.detail.contains(path) == true)
        #expect(error?.detail.contains(Self.secret.prefix(8)) == false)
    }

    @Test(
        "an algorithm that Lantern does not have is refused",
        arguments: ["rsa", "ED25519", "hmac-sha256", "none"])
    func unknownAlgorithm(name: String) throws {
        let home = try TemporaryDirectory()
        let path = try home.file(Self.own.replacing("ed25519", with: name))
        expectRefusal(.unsupportedAlgorithm) { () throws(TrustError) in try HandshakeKey(contentsOf: path) }
    }

    @Test("own and authorised keys are not taken for each other")
    func wrongKind() throws {
        let home = try TemporaryDirectory()
        let own = try home.file("own.key", Self.own)
        let peer = try home.file("peer.key", Self.peer)
        expectRefusal(.wrongKeyKind) { () throws(TrustError) in try HandshakeKey(contentsOf: peer) }
        expectRefusal(.wrongKeyKind) { () throws(TrustError) in try AuthorizedKey(contentsOf: own) }
        let leaked = try home.file("leaked.key", Self.peer + "secret: \(Self.secret)\n")
        expectRefusal(.wrongKeyKind) { () throws(TrustError) in try AuthorizedKey(contentsOf: leaked) }
        let mixed = try home.file("mixed.key", Self.own + "public: \(Self.secret)\n")
        expectRefusal(.wrongKeyKind) { () throws(TrustError) in try HandshakeKey(contentsOf: mixed) }
    }

    @Test("an authorised key that nobody may use or that lacks its half is refused")
    func incompleteAuthorized() throws {
        let home = try TemporaryDirectory()
        let texts = [
            Self.peer.split(separator: "\n").filter { !$0.hasPrefix("identity") }.joined(separator: "\n"),
            Self.peer.replacing("public: \(Self.secret)\n", with: ""), Self.peer + "role: boss\n",
            Self.peer.replacing("ed25519", with: "hmac-sha512-256"),
        ]
        for text in texts {
            let path = try home.file(text)
            expectRefusal(.malformedKeyFile) { () throws(TrustError) in try AuthorizedKey(contentsOf: path) }
        }
    }

    @Test("a keyring directory is read as a whole or refused as a whole")
    func keyring() throws {
        let home = try TemporaryDirectory()
        expectRefusal(.missingFile) { () throws(TrustError) in try Keyring(directory: home.path) }
        _ = try home.file("own.key", Self.own)
        expectRefusal(.missingDirectory) { () throws(TrustError) in try Keyring(directory: home.path) }
        _ = try home.directory("authorized")
        #expect(try Keyring(directory: home.path).authorized.isEmpty)
        _ = try home.file("authorized/a.key", Self.peer, mode: 0o644)
        _ = try home.file("authorized/notes.txt", "not a key")
        _ = try home.file("authorized/.hidden.key", "not a key")
        let ring = try Keyring(directory: home.path)
        let identity = try PeerIdentity("spiffe://lantern.test/client/7")
        #expect(ring.key(id: "peer-1", for: identity) != nil)
        #expect(ring.key(id: "peer-2", for: identity) == nil)
        #expect(ring.key(id: "peer-1", for: try PeerIdentity("spiffe://lantern.test/service")) == nil)

        _ = try home.file("authorized/b.key", Self.peer)
        expectRefusal(.duplicateKey) { () throws(TrustError) in try Keyring(directory: home.path) }
        _ = try home.file("authorized/b.key", "nonsense")
        expectRefusal(.malformedKeyFile) { () throws(TrustError) in try Keyring(directory: home.path) }
    }
}
