import ArgumentParser
import Lantern

/// `lantern nsc list`.
struct ListNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List names with their URIs and tags.",
        discussion: """
              lantern nsc list
              lantern nsc list --prefix example. --tree
              lantern nsc list --regex 'example\\..*' --json
              lantern nsc list --all storage --all eu
            """)

    @Option(help: "Names that start so.")
    var prefix: String?
    @Option(help: "Names that match from their start; Python's syntax.")
    var regex: String?
    @Option(help: "Names that have this tag; repeated, all of them.")
    var all: [String] = []
    @Option(help: "Names that have this tag; repeated, any of them.")
    var any: [String] = []
    @Flag(help: "One JSON object: name to uri and tags.")
    var json = false
    @Flag(help: "By the parts of the names, which dots separate.")
    var tree = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func validate() throws {
        if json && tree { throw ValidationError("--json or --tree, not both") }
        if [prefix != nil, regex != nil, !all.isEmpty, !any.isEmpty].count(where: { $0 }) > 1 {
            throw ValidationError("only one of --prefix, --regex, --all and --any")
        }
    }

    func perform() async throws {
        let found = try await names.withNames { try NameRecord.records(in: try await answer(of: $0)) }
        if tree { return NameTree(found).lines().forEach(Output.line) }
        try NameRecord.print(found, json: json)
    }

    private func answer(of names: DynamicProxy) async throws -> Value {
        if !all.isEmpty {
            return try await names.call("yplookup", keywords: ["meta_all": .list(all.map { .text($0) })])
        }
        if !any.isEmpty {
            return try await names.call("yplookup", keywords: ["meta_any": .list(any.map { .text($0) })])
        }
        return try await names.call(
            "list",
            keywords: [
                "prefix": prefix.map { .text($0) } ?? .none, "regex": regex.map { .text($0) } ?? .none,
                "return_metadata": true,
            ])
    }
}
