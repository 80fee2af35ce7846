import Foundation
import Glibc

/// A directory of its own for one test, mode 700, removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "lantern-trust-\(UUID().uuidString)")
            .path()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ text: String, mode: mode_t = 0o600) throws -> String {
        try file("some.key", text, mode: mode)
    }

    func file(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        let path = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
        return path
    }

    func directory(_ name: String, mode: mode_t = 0o700) throws -> String {
        let path = "\(path)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        chmod(path, mode)
        return path
    }
}

func mode(of path: String) -> mode_t {
    var status = stat()
    lstat(path, &status)
    return status.st_mode & 0o7777
}
