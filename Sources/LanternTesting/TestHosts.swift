package import Lantern
import LanternTLS
package import LanternTrust
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Lantern homes of one authority in a temporary directory that goes with the object: hosts for tests.
package final class TestHosts: Sendable {
    package let directory: String
    package static let trustDomain = "lantern.test"

    package init() throws {
        let base = FileManager.default.temporaryDirectory.path
        directory = base + "/lantern-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    package static func identity(_ name: String) throws -> SPIFFEID {
        try SPIFFEID("spiffe://\(trustDomain)/\(name)")
    }

    /// Makes homes that believe each other's handshake keys.
    package func homes(
        _ names: [String], algorithm: HandshakeAlgorithm = .ed25519, policy: String? = nil
    ) throws -> [LanternHome] {
        let factory = try HomeFactory(directory: directory + "/authority")
        let homes = try names.map { name in
            var plan = HomeFactory.Plan(identity: try Self.identity(name))
            plan.algorithm = algorithm
            plan.policy = policy
            return try factory.make(directory + "/" + name.replacingSlashes, plan)
        }
        for (index, home) in homes.enumerated() {
            for (other, name) in names.enumerated() where other != index || homes.count == 1 {
                try HomeFactory.authorize(homes[other], identity: try Self.identity(name), in: home)
            }
        }
        return homes
    }

    /// Settings of a server and a client that know each other; the server allows what the rules say.
    package func pair(
        rules: [PolicyRule], algorithm: HandshakeAlgorithm = .ed25519
    ) throws -> (server: Settings, client: Settings) {
        let homes = try homes(["server", "client"], algorithm: algorithm)
        var server = try Settings.load(homes[0])
        server.policy = try PolicyTable(rules: rules)
        return (server, try Settings.load(homes[1]))
    }
}

extension String {
    fileprivate var replacingSlashes: String { String(map { $0 == "/" ? "-" : $0 }) }
}
