import ArgumentParser
import Lantern
import LanternTLS
import LanternTrust

/// `lantern trust`: lets one home believe another's handshake key.
struct TrustCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Authorise the handshake key of another home, for the identity in its certificate.",
        discussion: """
            Without the key of its peer a host answers nobody, whatever certificate
            that one has. Of an Ed25519 key only the public half is written. An HMAC
            key is shared: both ends then believe each other with it.

              lantern trust ns-home --peer svc-home --both

            A running server reads its keys when it starts.
            """)

    @Argument(help: "The home that shall believe.", completion: .directory)
    var directory: String
    @Option(help: "The home whose key is believed.", completion: .directory)
    var peer: String
    @Flag(help: "Also the other way round.")
    var both = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = LanternHome(path: directory)
        let other = LanternHome(path: peer)
        try Self.authorize(other, in: home)
        if both { try Self.authorize(home, in: other) }
    }

    private static func authorize(_ other: LanternHome, in home: LanternHome) throws {
        let identity = try identity(of: other)
        try HomeFactory.authorize(other, identity: identity, in: home)
        Output.line("\(home.path): believes the handshake key of \(identity)")
        guard try HandshakeKey(contentsOf: other.ownKeyFile).algorithm == .hmac else { return }
        // A shared key is answered with the same one: its owner must expect that from this home.
        let own = try Self.identity(of: home)
        try HomeFactory.authorize(other, identity: own, in: other)
        Output.line("\(other.path): believes \(own) with the shared key")
    }

    private static func identity(of home: LanternHome) throws -> SPIFFEID {
        // What matters is who it says it is; whether its certificate is still valid is asked at each connection.
        let certificate = try TLSContext.dangerouslyIgnoringOwnDates(home.tlsSettings).ownCertificate
        guard case .spiffe(let identity) = certificate.identity.kind else {
            throw CommandFailure(
                .configuration, "\(home.certificateFile): the certificate has no SPIFFE identity")
        }
        return identity
    }
}
