import Glibc
import LanternTLS
import LanternValue
import Logging

@testable import Lantern
@testable import LanternTrust

/// Two ends that know each other, made once: what costs time and is not what we look at.
enum Company {
    static let facts = ChannelFacts(
        clientFingerprint: [UInt8](repeating: 1, count: 32),
        serverFingerprint: [UInt8](repeating: 2, count: 32),
        exporter: [UInt8](repeating: 3, count: 32), applicationProtocol: ApplicationProtocol.lantern)

    struct End: Sendable {
        let certificate: PeerCertificate
        let authenticator: Authenticator
    }

    static let ends: (server: End, client: End) = made {
        let server = try HandshakeKey.generate(id: "server-1", algorithm: .ed25519)
        let client = try HandshakeKey.generate(id: "client-1", algorithm: .ed25519)
        let (one, other) = (
            try certificate("server", facts.serverFingerprint),
            try certificate("client", facts.clientFingerprint)
        )
        let believed = (
            try server.authorizedKey(for: [one.identity.description]),
            try client.authorizedKey(for: [other.identity.description])
        )
        return (
            End(
                certificate: one,
                authenticator: try Authenticator(keyring: Keyring(own: server, authorized: [believed.1]))),
            End(
                certificate: other,
                authenticator: try Authenticator(keyring: Keyring(own: client, authorized: [believed.0])))
        )
    }

    private static func certificate(_ name: String, _ fingerprint: [UInt8]) throws -> PeerCertificate {
        PeerCertificate(
            identity: PeerIdentity(try SPIFFEID("spiffe://lantern.test/\(name)")), fingerprint: fingerprint,
            notBefore: 0, notAfter: .max, subject: name, serialNumber: "01")
    }

    /// The client as the server knows it.
    static let peer: AuthenticatedPeer = made {
        let proof = try ends.client.authenticator.makeClientProof(
            protocolVersion: 502, object: "target", channel: facts, binding: .tlsExporter)
        return try ends.server.authenticator.acceptClient(
            proof, protocolVersion: 502, object: "target", channel: facts, peer: ends.client.certificate)
    }

    static let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }

    /// A client with files of its own: it connects to nobody, and what it hands out may be called.
    static let client: Client = made {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        let directory = "\(base)/lantern-fuzz-\(getpid())"
        mkdir(directory, 0o700)
        let home = try HomeFactory(directory: directory + "/authority").make(
            directory + "/home", .init(identity: SPIFFEID("spiffe://lantern.test/client")))
        var settings = try Settings.load(home)
        settings.trust.isWatching = false
        settings.limits.handlersPerConnection = 4
        settings.references.handlersPerConnection = 4
        settings.references.connecting = .never
        settings.policy = allowed
        return try Client(settings: settings, logger: logger)
    }

    static let allowed: PolicyTable = made {
        try PolicyTable(rules: [
            PolicyRule(.deny, identities: ["*"], objects: ["*"], methods: ["secret"]),
            PolicyRule(.allow, identities: ["*"], objects: ["target", "other"], methods: ["*"]),
            DaemonTarget.builtInRule,
        ])
    }

    private static func made<T>(_ make: () throws -> T) -> T {
        do { return try make() } catch { fatalError("the scene cannot be set: \(error)") }
    }
}
