import Foundation

/// A directory with a short name, for sockets; it goes with the object.
final class TestDirectory: Sendable {
    private let directory: String

    init() throws {
        directory = "/tmp/l-" + UUID().uuidString.prefix(13)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func path(_ name: String) -> String { directory + "/" + name }
}
