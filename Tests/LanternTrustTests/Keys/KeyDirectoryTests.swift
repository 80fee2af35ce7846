import Foundation
import Glibc
import Testing

@testable import LanternTrust

/// A rotation as it happens to the files of a `keys` directory.
struct KeyDirectoryTests {
    private let home: TemporaryDirectory
    private let keys: KeyDirectory
    private let now = wallClockMilliseconds()

    init() throws {
        home = try TemporaryDirectory()
        keys = KeyDirectory(path: home.path)
        _ = try home.directory("authorized")
        try HandshakeKey.generate(id: "svc-1", algorithm: .ed25519).write(to: keys.own)
    }

    private func next(_ id: String = "svc-2", validity: KeyValidity = .always) throws -> HandshakeKey {
        try .generate(id: id, algorithm: .ed25519, validity: validity)
    }

    @Test(
        "the id of the next key counts up",
        arguments: [
            ("svc-1", "svc-2"), ("svc-9", "svc-10"), ("svc", "svc-2"), ("a-b", "a-b-2"), ("a--1", "a--2"),
            ("x-\(Int.max)", "x-\(Int.max)-2"),
        ])
    func successor(id: String, next: String) { #expect(KeyDirectory.successor(of: id) == next) }

    @Test("prepare, use, undo, use, retire")
    func rotation() throws {
        // The end believes itself, as on a laptop.
        let old = try HandshakeKey(contentsOf: keys.own)
        try old.authorizedKey(for: ["spiffe://td/svc"], role: .client).write(to: keys.authorized("svc-1"))
        #expect(try keys.phase() == .none)
        try keys.prepare(try next())
        #expect(try keys.phase() == .prepared)
        let believed = try #require(try keys.authorizedKey("svc-2"))
        #expect((believed.identities, believed.role) == (["spiffe://td/svc"], .client))

        try keys.useNext(at: now)
        #expect(try keys.phase() == .inUse)
        #expect(try HandshakeKey(contentsOf: keys.own).id == "svc-2")
        try keys.usePrevious(at: now)
        #expect(try keys.phase() == .prepared)
        #expect(try HandshakeKey(contentsOf: keys.own).secret.equals(old.secret))
        try keys.useNext(at: now)

        let removed = try keys.retire("svc-1")
        #expect(removed == [keys.previous, "\(home.path)/authorized/svc-1.key"])
        #expect(try keys.phase() == .none)
        #expect(
            try FileManager.default.subpathsOfDirectory(atPath: home.path).sorted()
                == ["authorized", "authorized/svc-2.key", "own.key"])
    }

    @Test("a rotation that was interrupted between its two steps is one key, and is done by doing it again")
    func interrupted() throws {
        try keys.prepare(try next())
        // What useNext does first.
        try HandshakeKey(contentsOf: keys.own).write(to: keys.previous)
        let ring = try Keyring(directory: home.path)
        #expect((ring.own.id, ring.next?.id, ring.previous?.id) == ("svc-1", "svc-2", nil))
        #expect(try keys.phase() == .prepared)
        try keys.useNext(at: now)
        #expect(try keys.phase() == .inUse)
    }

    @Test("what would break a peer or lose a key is refused and changes nothing")
    func refusals() throws {
        expectRefusal(.missingFile) { () throws(TrustError) in try keys.useNext(at: now) }
        expectRefusal(.missingFile) { () throws(TrustError) in try keys.usePrevious(at: now) }
        expectRefusal(.wrongKeyKind) { () throws(TrustError) in try keys.retire("svc-1") }
        expectRefusal(.unknownKey) { () throws(TrustError) in try keys.retire("svc-9") }
        let same = try next("svc-1")
        expectRefusal(.duplicateKey) { () throws(TrustError) in try keys.prepare(same) }
        try next("peer-1").authorizedKey(for: ["spiffe://td/p"]).write(to: keys.authorized("peer-1"))
        let taken = try next("peer-1")
        expectRefusal(.duplicateKey) { () throws(TrustError) in try keys.prepare(taken) }

        try keys.prepare(try next(validity: .init(notBefore: now / 1000 + 60, notAfter: nil)))
        expectRefusal(.keyNotYetValid) { () throws(TrustError) in try keys.useNext(at: now) }
        let third = try next("svc-3")
        expectRefusal(.duplicateKey) { () throws(TrustError) in try keys.prepare(third) }
        #expect(try HandshakeKey(contentsOf: keys.own).id == "svc-1")
        try keys.useNext(at: now + 60_000)
        expectRefusal(.duplicateKey) { () throws(TrustError) in try keys.prepare(third) }
    }

    @Test("a peer believes the next key only when it believes this very old one")
    func accept() throws {
        let old = try HandshakeKey(contentsOf: keys.own)
        let new = try next()
        #expect(try !keys.accept(new, like: old))
        try next("svc-1").authorizedKey(for: ["spiffe://td/x"]).write(to: keys.authorized("svc-1"))
        #expect(try !keys.accept(new, like: old))
        try old.authorizedKey(for: ["spiffe://td/a", "spiffe://td/b"]).write(
            to: "\(home.path)/authorized/svc-1.key")
        #expect(try keys.accept(new, like: old))
        #expect(try keys.authorizedKey("svc-2")?.identities == ["spiffe://td/a", "spiffe://td/b"])
    }

    @Test("secrets of a rotation are readable by their owner alone")
    func modes() throws {
        try keys.prepare(try next())
        #expect(mode(of: keys.next) == 0o600)
        try keys.useNext(at: now)
        #expect((mode(of: keys.own), mode(of: keys.previous)) == (0o600, 0o600))
    }
}
