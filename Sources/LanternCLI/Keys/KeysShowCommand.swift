import ArgumentParser
import Glibc
import Lantern
import LanternTLS
import LanternTrust

/// `lantern keys show`: what a peer needs to know of a key.
struct KeysShowCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print a key as peers need it for their keys/authorized: the public half.",
        discussion: """
            Of an own key the identity is the one in the home's certificate, unless
            --identity names others. A shared HMAC key is a secret: it is written to a
            file that only you can read, and never printed.

              lantern keys show --home svc-home > svc-1.key
              lantern keys show --home svc-home svc-2 > svc-2.key
              lantern keys show shared-1 --identity spiffe://example.org/a --output shared-1.key
            """)

    @OptionGroup var home: HomeOptions
    @Argument(help: "The id: of the own key, the next one, or an authorised one. (default: the own key)")
    var id: String?
    @Option(help: "Who may use it, exact or with *; may be repeated.")
    var identity: [String] = []
    @Option(help: "The file to write, in place of standard output.", completion: .file())
    var output: String?
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = try home.chosen()
        let ring = try Keyring(directory: home.keysDirectory)
        let key = try key(in: ring, home)
        if let output {
            guard access(output, F_OK) != 0 else {
                throw CommandFailure(.configuration, "\(output) is there already")
            }
            return try key.write(to: output)
        }
        guard let text = try key.publicText() else {
            throw CommandFailure(
                .usage,
                "key '\(key.id)' is a secret that both ends have; --output FILE writes it for you alone")
        }
        Output.text(text)
    }

    private func key(in ring: Keyring, _ home: LanternHome) throws -> AuthorizedKey {
        let ours = [ring.own, ring.next, ring.previous].compactMap { $0 }
        if let key = ours.first(where: { $0.id == id ?? ring.own.id }) {
            return try key.authorizedKey(for: identity.isEmpty ? [Self.identity(of: home)] : identity)
        }
        guard let key = ring.authorized.first(where: { $0.id == id }) else {
            throw CommandFailure(.failed, "there is no key '\(id ?? "")'; `lantern keys list` shows them")
        }
        guard !identity.isEmpty else { return key }
        return try key.granted(to: identity, role: key.role, validity: key.validity)
    }

    private static func identity(of home: LanternHome) throws -> String {
        try TLSContext.dangerouslyIgnoringOwnDates(home.tlsSettings).ownCertificate.identity.description
    }
}
