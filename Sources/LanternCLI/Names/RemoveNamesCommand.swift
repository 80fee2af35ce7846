import ArgumentParser
import Lantern

/// `lantern nsc remove`.
struct RemoveNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a name, or all that match; print how many were removed.",
        discussion: """
              lantern nsc remove example.warehouse
              lantern nsc remove --prefix test. --yes

            --prefix and --regex show what matches and ask; --yes does not ask, --dry-run
            only shows. Where nobody can be asked, --yes is needed.
            Exit status 1 when a name is not there or the answer was no.
            """)

    @Argument(help: "The name.")
    var name: String?
    @Option(help: "All names that start so.")
    var prefix: String?
    @Option(help: "All names that match from their start.")
    var regex: String?
    @Flag(help: "Remove all that match, without asking.")
    var yes = false
    @Flag(name: .customLong("dry-run"), help: "Only show what would be removed.")
    var dryRun = false
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
            if dryRun || (name == nil && !yes) {
                let count = try await preview(client)
                if dryRun { return Output.error("\(count) names would be removed") }
                guard count > 0 else { return Output.line("0") }
                guard Terminal.canAsk else {
                    throw CommandFailure(
                        .usage, "\(count) names match, and nobody can be asked: --yes removes them")
                }
                guard Terminal.confirms("remove \(count) names?") else {
                    throw CommandFailure(.failed, "nothing was removed")
                }
            }
            if let name {
                guard try await client.remove(name) else {
                    throw CommandFailure(
                        .failed, "'\(name)' is not registered; `lantern nsc list` shows the names")
                }
                return Output.line("1")
            }
            let count =
                if let prefix { try await client.remove(prefix: prefix) } else {
                    try await client.remove(regex: regex ?? "")
                }
            Output.line("\(count)")
        }
    }

    /// - Returns: how many names match.
    private func preview(_ client: NameServerClient) async throws -> Int {
        var found: [String]
        if let name {
            found = try await client.list(prefix: name).keys.filter { $0 == name }
        } else if let prefix {
            found = Array(try await client.list(prefix: prefix).keys)
        } else {
            found = Array(try await client.list(regex: regex ?? "").keys)
        }
        found.sort()
        for name in found { Output.line(Shown.text(name)) }
        return found.count
    }
}
