import Foundation
import Glibc
import Testing

@testable import LanternTrust

/// What the file itself and its directory must be, whatever stands in it.
struct ProtectedFileTests {
    private let home: TemporaryDirectory
    private let key: String

    init() throws {
        home = try TemporaryDirectory()
        key = try home.file(KeyFileTests.own)
    }

    @Test(
        "a secret that others can reach is refused",
        arguments: [0o644, 0o640, 0o604, 0o601] as [mode_t])
    func exposed(mode: mode_t) throws {
        chmod(key, mode)
        let error = expectRefusal(.exposedFile) { () throws(TrustError) in try HandshakeKey(contentsOf: key) }
        #expect(error?.detail.contains("chmod") == true)
        #expect(error?.detail.contains(key) == true)
    }

    @Test("a secret that only its owner can reach is read", arguments: [0o600, 0o400, 0o700] as [mode_t])
    func unexposed(mode: mode_t) throws {
        chmod(key, mode)
        _ = try HandshakeKey(contentsOf: key)
    }

    @Test("a public key may be read by all and written by nobody else")
    func publicKey() throws {
        _ = try AuthorizedKey(contentsOf: try home.file("peer.key", KeyFileTests.peer, mode: 0o644))
        for mode in [0o664, 0o646] as [mode_t] {
            let path = try home.file("peer.key", KeyFileTests.peer, mode: mode)
            expectRefusal(.writableFile) { () throws(TrustError) in try AuthorizedKey(contentsOf: path) }
        }
    }

    @Test("a shared secret among the authorised keys is a secret")
    func sharedSecret() throws {
        let text = KeyFileTests.peer.replacing("ed25519", with: "hmac-sha512-256").replacing(
            "public", with: "secret")
        _ = try AuthorizedKey(contentsOf: try home.file("shared.key", text))
        let path = try home.file("shared.key", text, mode: 0o644)
        expectRefusal(.exposedFile) { () throws(TrustError) in try AuthorizedKey(contentsOf: path) }
    }

    @Test(
        "a directory that others can write is refused, for reading and writing",
        arguments: [0o770, 0o707, 0o1777] as [mode_t])
    func exposedDirectory(mode: mode_t) throws {
        let directory = try home.directory("shared", mode: 0o700)
        let path = try home.file("shared/own.key", KeyFileTests.own)
        let read = try HandshakeKey(contentsOf: path)
        chmod(directory, mode)
        // Root's sticky directories, such as /tmp, are allowed; a user's are not.
        guard mode != 0o1777 || geteuid() != 0 else {
            _ = try HandshakeKey(contentsOf: path)
            return
        }
        expectRefusal(.exposedDirectory) { () throws(TrustError) in try HandshakeKey(contentsOf: path) }
        expectRefusal(.exposedDirectory) { () throws(TrustError) in try read.write(to: path) }
    }

    @Test("an empty or a very large file is refused")
    func sizes() throws {
        let empty = try home.file("empty.key", "")
        expectRefusal(.malformedKeyFile) { () throws(TrustError) in try HandshakeKey(contentsOf: empty) }
        let room = 65_536 - KeyFileTests.own.utf8.count - 2
        let largest = try home.file(
            "l.key", KeyFileTests.own + "#" + String(repeating: "x", count: room) + "\n")
        _ = try HandshakeKey(contentsOf: largest)
        let tooLarge = try home.file(
            "x.key", KeyFileTests.own + "#" + String(repeating: "x", count: room + 1) + "\n")
        expectRefusal(.fileTooLarge) { () throws(TrustError) in try HandshakeKey(contentsOf: tooLarge) }
    }

    @Test("a key that cannot be written says so and leaves nothing behind")
    func unwritable() throws {
        let taken = try home.directory("taken.key")
        let read = try HandshakeKey(contentsOf: key)
        expectRefusal(.unwritableFile) { () throws(TrustError) in try read.write(to: taken) }
        let left = try FileManager.default.contentsOfDirectory(atPath: home.path).sorted()
        #expect(left == ["some.key", "taken.key"])
    }

    @Test(
        "paths in advice can be copied into a shell",
        arguments: [("/a/b.key", "/a/b.key"), ("a b", "'a b'"), ("a'b", "'a'\\''b'")])
    func quoting(path: String, quoted: String) { #expect(shellQuoted(path) == quoted) }
}
