import Foundation
import Synchronization
import Testing

@testable import LanternTrust

/// The last use of each key: written down at handshakes, put into a file later and together.
struct KeyUseTests {
    private let home: TemporaryDirectory
    private let path: String

    init() throws {
        home = try TemporaryDirectory()
        path = "\(home.path)/state/key-use"
    }

    @Test("handshakes are written down for both ends")
    func handshakes() throws {
        let ends = try Ends()
        let uses = (KeyUse(path: path), KeyUse(path: "\(home.path)/state/other"))
        let client = try Authenticator(keyring: ends.client.keyring, clock: { ends.clock.now }, use: uses.0)
        let server = try Authenticator(keyring: ends.server.keyring, clock: { ends.clock.now }, use: uses.1)
        let again = Ends(ends, client: client, server: server)
        let proof = try again.prove()
        expectRefusal(.wrongProof) { () throws(TrustError) in
            try again.accept(proof.with(proof: proof.proof.flipped(at: 0)))
        }
        try uses.1.flush()
        #expect(try KeyUseFile(path: "\(home.path)/state/other").read().isEmpty)

        let peer = try again.accept(proof)
        _ = try again.acceptAnswer(try again.answer(proof, to: peer), to: proof)
        try uses.0.flush()
        try uses.1.flush()
        let now = ends.clock.now / 1000
        #expect(
            try KeyUseFile(path: path).read() == [
                .init(keyID: "client-1", user: .own): now, .init(keyID: "server-1", user: .server): now,
            ])
        #expect(
            try KeyUseFile(path: "\(home.path)/state/other").read()
                == [.init(keyID: "client-1", user: .client): now, .init(keyID: "server-1", user: .own): now])
    }

    @Test("two processes of one home share the file, and the later time counts")
    func shared() throws {
        let (one, two) = (KeyUse(path: path), KeyUse(path: path))
        one.record("a", by: .client, at: 5_000_000)
        two.record("a", by: .client, at: 4_000_000)
        two.record("b", by: .server, at: 6_000_000)
        try one.flush()
        try two.flush()
        #expect(
            try KeyUseFile(path: path).read()
                == [.init(keyID: "a", user: .client): 5000, .init(keyID: "b", user: .server): 6000])
        #expect(mode(of: path) == 0o600)
        #expect(mode(of: "\(home.path)/state") == 0o700)
    }

    @Test("uses are written by themselves after a while, and at the end")
    func later() throws {
        let use = KeyUse(path: path, delay: .milliseconds(1))
        use.record("a", by: .client, at: 5_000_000)
        let deadline = ContinuousClock.now + .seconds(30)
        while try KeyUseFile(path: path).read().isEmpty, ContinuousClock.now < deadline { sched_yield() }
        #expect(try KeyUseFile(path: path).read().count == 1)
        use.close()
        use.record("b", by: .client, at: 5_000_000)
        use.close()
        #expect(try KeyUseFile(path: path).read().count == 2)
    }

    @Test("no more entries are kept than a keyring has keys")
    func bounded() throws {
        let use = KeyUse(path: path, delay: .seconds(3600))
        for index in 0..<KeyUse.maximumEntries + 500 {
            use.record("k\(index)", by: .client, at: Int64(index) * 1000)
        }
        try use.flush()
        #expect(try KeyUseFile(path: path).read().count == KeyUse.maximumEntries)
        // The file of another process adds to it: the oldest go.
        let other = KeyUse(path: path, delay: .seconds(3600))
        other.record("new", by: .client, at: 9_000_000_000)
        try other.flush()
        let uses = try KeyUseFile(path: path).read()
        #expect(uses.count == KeyUse.maximumEntries)
        #expect(uses[.init(keyID: "new", user: .client)] == 9_000_000)
        #expect(uses[.init(keyID: "k0", user: .client)] == nil)
        use.close()
    }

    @Test("a file that cannot be written is told and stops nothing")
    func unwritable() throws {
        _ = try home.file("state", "a file where the directory should be")
        let failures = Mutex(0)
        let use = KeyUse(path: path, delay: .seconds(3600)) { _ in failures.withLock { $0 += 1 } }
        use.record("a", by: .client, at: 5_000_000)
        #expect(throws: TrustError.self) { try use.flush() }
        use.record("b", by: .client, at: 5_000_000)
        use.close()
        #expect(failures.withLock { $0 } == 1)
    }

    @Test(
        "what is no line of the file is left out",
        arguments: [
            "", "x", "lantern-key-use-v2\n1970-01-01T00:00:01Z client a\n", "lantern-key-use-v1\nnonsense\n",
            "lantern-key-use-v1\n1970-01-01T00:00:01Z boss a\n",
            "lantern-key-use-v1\n1970-01-01T00:00:01Z client \u{7}\n",
            "lantern-key-use-v1\n1970-13-01T00:00:01Z client a\n",
            "lantern-key-use-v1\n1970-01-01T00:00:01Z client a b\n",
        ])
    func malformed(text: String) throws {
        _ = try home.directory("state")
        _ = try home.file("state/key-use", text)
        #expect(try KeyUseFile(path: path).read().isEmpty)
    }
}
