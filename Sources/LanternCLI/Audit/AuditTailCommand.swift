import ArgumentParser
import Lantern
import LanternTrust

/// `lantern audit tail`: the newest entries.
struct AuditTailCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print the newest entries, one JSON object on a line.",
        discussion: """
              lantern audit tail -n 100 | jq 'select(.decision == "deny")'

            The entries are read, not verified: `lantern audit verify` does that.
            """)

    @OptionGroup var home: HomeOptions
    @Option(name: [.customShort("n"), .customLong("count")], help: "How many.")
    var count = 10
    @OptionGroup var logging: LogOptions

    func validate() throws {
        guard (1...100_000).contains(count) else { throw ValidationError("-n is 1 to 100000") }
    }

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        _ = try files.verifierKey()
        for line in try AuditLog.tail(directory: files.home.auditDirectory, count: count) {
            Output.line(line)
        }
    }
}
