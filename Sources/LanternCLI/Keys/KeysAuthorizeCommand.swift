import ArgumentParser
import Lantern
import LanternTrust

/// `lantern keys authorize`: lets a home believe a key.
struct KeysAuthorizeCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "authorize",
        abstract: "Believe the key in a file that `lantern keys show` made at the other end.",
        discussion: """
            The file says who may use the key; options say it otherwise. Look at the
            file before: whoever has the key is believed to be any of its identities,
            when a certificate says so, too.

              lantern keys authorize --home ns-home svc-1.key
              lantern keys authorize svc-2.key --like svc-1
              lantern keys authorize guest.key --identity spiffe://example.org/guest \\
                  --role client --days 7
            """)

    @OptionGroup var home: HomeOptions
    @Argument(help: "The key in its authorised form.", completion: .file())
    var file: String
    @Option(help: "Who may use it, exact or with *; may be repeated. (default: as the file says)")
    var identity: [String] = []
    @Option(
        help: "The only end at which the peer may use it: client, server or any. (default: as the file says)")
    var role: RoleOption?
    @OptionGroup var validity: ValidityOptions
    @Option(help: "Identities and role of this key, which is authorised already.")
    var like: String?
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let keys = try home.chosen().keys
        let offered = try AuthorizedKey(contentsOf: file)
        var identities = identity.isEmpty ? offered.identities : identity
        var role = role.map(\.role) ?? offered.role
        if let like {
            guard identity.isEmpty, self.role == nil else {
                throw ValidationError("--like or --identity and --role, not both")
            }
            guard let known = try keys.authorizedKey(like) else {
                throw CommandFailure(
                    .failed, "no key '\(like)' is authorised; `lantern keys list` shows them")
            }
            (identities, role) = (known.identities, known.role)
        }
        if let known = try keys.authorizedKey(offered.id), !known.isSameKey(as: offered) {
            throw CommandFailure(
                .configuration,
                "another key is authorised as '\(offered.id)'; retire that one first, or make this one anew")
        }
        let key = try offered.granted(
            to: identities, role: role, validity: validity.chosen ?? offered.validity)
        let path = try keys.authorized(key.id)
        try key.write(to: path)
        _ = try Keyring(directory: keys.path)
        Output.line("\(path): for \(Shown.text(identities.joined(separator: ", ")))")
    }
}
