import ArgumentParser
import Lantern

/// `lantern nsc yplookup`.
struct YellowPagesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "yplookup", abstract: "List the names that have all, or any, of some tags.",
        discussion: """
              lantern nsc yplookup storage eu
              lantern nsc yplookup --any storage backup

            Exit status 1 when there is none.
            """)

    @Argument(help: "The tags.")
    var tags: [String]
    @Flag(help: "One of the tags is enough.")
    var any = false
    @Flag(help: "One JSON object: name to uri and tags.")
    var json = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let filter = any ? "meta_any" : "meta_all"
        let found = try await names.withNames {
            try NameRecord.records(
                in: try await $0.call(
                    "yplookup", arguments: [], keywords: [(filter, .list(tags.map { .text($0) }))]))
        }
        try NameRecord.print(found, json: json)
        if found.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}
