import ArgumentParser
import Lantern

/// `lantern nsc remove`.
struct RemoveNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a name, or all that match; print how many were removed.",
        discussion: """
              lantern nsc remove example.warehouse
              lantern nsc remove --prefix test. --yes

            Without --yes, --prefix and --regex only print what they would remove.
            Exit status 1 when a name is not there.
            """)

    @Argument(help: "The name.")
    var name: String?
    @Option(help: "All names that start so.")
    var prefix: String?
    @Option(help: "All names that match from their start.")
    var regex: String?
    @Flag(help: "Remove all that match.")
    var yes = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func validate() throws {
        let given = [name, prefix, regex].compactMap { $0 }
        guard given.count == 1, given[0] != "" else {
            throw ValidationError("one of a name, --prefix and --regex is needed, and it must not be empty")
        }
    }

    func perform() async throws {
        try await names.withNames { proxy in
            let client = NameServerClient(proxy: proxy)
            if let name {
                guard try await client.remove(name) else {
                    throw CommandFailure(
                        .failed, "'\(name)' is not registered; `lantern nsc list` shows the names")
                }
                return Output.line("1")
            }
            guard yes else { return try await preview(client) }
            let count =
                if let prefix { try await client.remove(prefix: prefix) } else {
                    try await client.remove(regex: regex ?? "")
                }
            Output.line("\(count)")
        }
    }

    private func preview(_ client: NameServerClient) async throws {
        let found =
            if let prefix { try await client.list(prefix: prefix) } else {
                try await client.list(regex: regex ?? "")
            }
        for name in found.keys.sorted() { Output.line(Shown.text(name)) }
        Output.error("\(found.count) names match; --yes removes them")
    }
}
