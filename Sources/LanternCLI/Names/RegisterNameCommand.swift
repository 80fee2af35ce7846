import ArgumentParser
import Lantern
import LanternWire

/// `lantern nsc register`.
struct RegisterNameCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Register a name, or move it to another URI.",
        discussion: "  lantern nsc register example.warehouse PYRO:room@localhost:7766 --tag storage --safe")

    @Argument(help: "The name.")
    var name: String
    @Argument(help: "The URI.")
    var uri: String
    @Option(help: "A tag; may be repeated.")
    var tag: [String] = []
    @Flag(help: "Refuse when the name is taken.")
    var safe = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let uri = try PyroURI(uri)
        try await names.withNames {
            try await NameServerClient(proxy: $0).register(name, uri: uri, safe: safe, metadata: Set(tag))
        }
    }
}
