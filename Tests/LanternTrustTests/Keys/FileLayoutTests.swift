import Glibc
import Testing

@testable import LanternTrust

/// Every way in which a private key may not lie in the file system, each with its own error.
struct FileLayoutTests {
    struct Layout: Sendable, CustomTestStringConvertible {
        let name: String
        let code: TrustError.Code
        /// What the message tells the operator, beside the code.
        let says: String
        var onlyForRoot = false
        /// Changes a directory with `keys/own.key` in it; returns the path that is read.
        let make: @Sendable (TemporaryDirectory) throws -> String

        var testDescription: String { name }
    }

    /// Not a user of any system that the tests run on.
    private static let stranger: uid_t = 54_321

    static let layouts: [Layout] = [
        Layout(name: "no file", code: .missingFile, says: "does not exist") { "\($0.path)/keys/other.key" },
        Layout(name: "no directory", code: .missingDirectory, says: "directory") {
            "\($0.path)/none/own.key"
        },
        Layout(name: "a file for a directory", code: .notDirectory, says: "not a directory") {
            "\($0.path)/keys/own.key/own.key"
        },
        Layout(name: "a directory for a file", code: .notRegularFile, says: "a directory") {
            try $0.directory("keys/a.key")
        },
        Layout(name: "a pipe", code: .notRegularFile, says: "a pipe") { home in
            mkfifo("\(home.path)/keys/pipe.key", 0o600)
            return "\(home.path)/keys/pipe.key"
        },
        Layout(name: "a socket", code: .notRegularFile, says: "a socket") { home in
            try socket(at: "\(home.path)/keys/s.key")
        },
        Layout(name: "a device", code: .notRegularFile, says: "a device", onlyForRoot: true) { _ in
            "/dev/null"
        },
        Layout(name: "a link to the file", code: .linkedFile, says: "is a link") { home in
            symlink("\(home.path)/keys/own.key", "\(home.path)/keys/link.key")
            return "\(home.path)/keys/link.key"
        },
        Layout(name: "a link to nothing", code: .linkedFile, says: "is a link") { home in
            symlink("\(home.path)/nothing", "\(home.path)/keys/link.key")
            return "\(home.path)/keys/link.key"
        },
        Layout(name: "a link to the directory", code: .linkedDirectory, says: "realpath") { home in
            symlink("\(home.path)/keys", "\(home.path)/other")
            return "\(home.path)/other/own.key"
        },
        Layout(name: "a link further up", code: .linkedDirectory, says: "realpath") { home in
            symlink(home.path, home.path + "/loop")
            return "\(home.path)/loop/keys/own.key"
        },
        Layout(name: "a second name", code: .hardLinkedFile, says: "2 names") { home in
            Glibc.link("\(home.path)/keys/own.key", "\(home.path)/copy")
            return "\(home.path)/keys/own.key"
        },
        Layout(name: "another user's file", code: .wrongOwner, says: "user 54321", onlyForRoot: true) {
            home in
            chown("\(home.path)/keys/own.key", stranger, stranger)
            return "\(home.path)/keys/own.key"
        },
        Layout(
            name: "another user's directory", code: .wrongDirectoryOwner, says: "user 54321",
            onlyForRoot: true
        ) { home in
            chown("\(home.path)/keys", stranger, stranger)
            return "\(home.path)/keys/own.key"
        },
        Layout(
            name: "another user's directory further up", code: .wrongDirectoryOwner, says: "user 54321",
            onlyForRoot: true
        ) { home in
            chown(home.path, stranger, stranger)
            return "\(home.path)/keys/own.key"
        },
        Layout(name: "a file that others read", code: .exposedFile, says: "chmod 600") {
            try changed($0, "keys/own.key", 0o644)
        },
        Layout(name: "a file that others write", code: .writableFile, says: "chmod go-w") {
            try changed($0, "keys/own.key", 0o606)
        },
        Layout(name: "a directory that the group writes", code: .exposedDirectory, says: "chmod go-w") {
            try changed($0, "keys", 0o770)
        },
        Layout(name: "a directory further up that others write", code: .exposedAncestor, says: "chmod go-w") {
            try changed($0, "", 0o707)
        },
        Layout(name: "an empty file", code: .malformedKeyFile, says: "is empty") {
            try $0.file("keys/e.key", "")
        },
        Layout(name: "a very large file", code: .fileTooLarge, says: "more than 65536") {
            try $0.file("keys/l.key", String(repeating: "#", count: 65_537))
        },
        Layout(name: "two dots on the way", code: .badPath, says: "'..'") {
            "\($0.path)/keys/../keys/own.key"
        },
        Layout(name: "no file name", code: .badPath, says: "not the path of a file") { "\($0.path)/keys/" },
        Layout(name: "a NUL in the name", code: .badPath, says: "not the path of a file") {
            "\($0.path)/keys/own.key\u{0}.txt"
        },
        Layout(name: "a very long path", code: .badPath, says: "not the path of a file") {
            $0.path + String(repeating: "/x", count: 2048)
        },
    ]

    @Test("a private key that lies wrongly is refused with the reason", arguments: layouts)
    func refused(layout: Layout) throws {
        guard !layout.onlyForRoot || geteuid() == 0 else { return }
        let home = try home()
        let path = try layout.make(home)
        let error = expectRefusal(layout.code) { () throws(TrustError) in try HandshakeKey(contentsOf: path) }
        #expect(error?.detail.contains(layout.says) == true, "\(error?.detail ?? "")")
    }

    @Test("each of the reasons has a code of its own")
    func distinct() { #expect(Set(Self.layouts.map(\.code)).count >= 15) }

    @Test("a private key that lies well is read, by whatever path leads to it")
    func accepted() throws {
        let home = try home()
        for path in ["keys/own.key", "keys//own.key", "./keys/./own.key"] {
            _ = try HandshakeKey(contentsOf: "\(home.path)/\(path)")
        }
        _ = try HandshakeKey(contentsOf: "/" + home.path + "/keys/own.key")
        // A directory that may only be entered, not listed, is enough for reading.
        chmod("\(home.path)/keys", 0o100)
        _ = try HandshakeKey(contentsOf: "\(home.path)/keys/own.key")
        chmod("\(home.path)/keys", 0o700)
    }

    private func home() throws -> TemporaryDirectory {
        let home = try TemporaryDirectory()
        _ = try home.directory("keys")
        _ = try home.file("keys/own.key", KeyFileTests.own)
        return home
    }

    private static func changed(_ home: TemporaryDirectory, _ name: String, _ mode: mode_t) throws -> String {
        chmod(name.isEmpty ? home.path : "\(home.path)/\(name)", mode)
        return "\(home.path)/keys/own.key"
    }

    /// A socket's file is opened with ENXIO.
    private static func socket(at path: String) throws -> String {
        let end = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(end) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        try #require(path.utf8.count < room)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(end, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        return path
    }
}
