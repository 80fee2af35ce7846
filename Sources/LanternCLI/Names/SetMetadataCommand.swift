import ArgumentParser
import Lantern

/// `lantern nsc setmeta`.
struct SetMetadataCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "setmeta", abstract: "Replace the tags of a name; without tags, remove them all.",
        discussion: "  lantern nsc setmeta example.warehouse storage eu",
        aliases: ["set-metadata"])

    @Argument(help: "The name.")
    var name: String
    @Argument(help: "The tags.")
    var tags: [String] = []
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        try await names.withNames { try await NameServerClient(proxy: $0).setMetadata(name, Set(tags)) }
    }
}
