import ArgumentParser
import Glibc
import Lantern
import LanternTLS
import LanternTrust

/// `lantern keys generate`: a new secret.
struct KeysGenerateCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make a handshake key: the home's own one, or one in a file.",
        discussion: """
            Nothing that exists is overwritten; `lantern keys rotate` exchanges the
            key of a home.

              lantern keys generate --home svc-home --id svc-1 --days 365
              lantern keys generate --id shared-1 --algorithm hmac-sha512-256 \\
                  --identity 'spiffe://example.org/*' --output shared-1.key
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "The name by which peers find the key. (default: from the certificate's identity)")
    var id: String?
    @Option(help: "ed25519, or hmac-sha512-256: a secret that both ends have.")
    var algorithm = AlgorithmOption.ed25519
    @Option(help: "Who may use it, exact or with *; may be repeated. An HMAC key needs one.")
    var identity: [String] = []
    @Option(help: "The only end at which it is used: client, server or any.")
    var role = RoleOption.any
    @OptionGroup var validity: ValidityOptions
    @Option(help: "The file to make. (default: keys/own.key of the home)", completion: .file())
    var output: String?
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        guard algorithm == .ed25519 || !identity.isEmpty else {
            throw ValidationError("an HMAC key says with --identity who may use it: both ends have it")
        }
        let path = try output ?? home.chosen().ownKeyFile
        guard access(path, F_OK) != 0 else {
            throw CommandFailure(
                .configuration, "\(path) is there already; `lantern keys rotate` exchanges a home's key")
        }
        let key = try HandshakeKey.generate(
            id: id ?? Self.id(of: home.chosen()), algorithm: algorithm.algorithm, identities: identity,
            role: role.role, validity: validity.validity)
        try key.write(to: path)
        Output.line("\(path): \(key.id), \(key.algorithm.rawValue)")
    }

    /// `spiffe://example.org/svc/warehouse` gives `svc-warehouse-1`.
    private static func id(of home: LanternHome) throws -> String {
        let certificate = try TLSContext.dangerouslyIgnoringOwnDates(home.tlsSettings).ownCertificate
        let name =
            switch certificate.identity.kind {
            case .spiffe(let identity): identity.path.split(separator: "/").joined(separator: "-")
            case .dns(let host): host
            }
        return (name.isEmpty ? "host" : name) + "-1"
    }
}
