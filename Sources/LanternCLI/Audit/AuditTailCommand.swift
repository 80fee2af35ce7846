import ArgumentParser
import Lantern
import LanternTrust

/// `lantern audit tail`: the newest entries, and those that come.
struct AuditTailCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print the newest entries, one JSON object on a line.",
        discussion: """
              lantern audit tail -n 100 | jq 'select(.decision == "deny")'
              lantern audit tail --follow

            The entries are read, not verified: `lantern audit verify` does that.
            --follow goes on until it is interrupted; who writes is not held up.
            """)

    @OptionGroup var home: HomeOptions
    @Option(name: [.customShort("n"), .customLong("count")], help: "How many.")
    var count = 10
    @Flag(name: [.customShort("f"), .long], help: "Go on with the entries that come.")
    var follow = false
    @OptionGroup var logging: LogOptions

    func validate() throws {
        guard (0...100_000).contains(count) else { throw ValidationError("-n is 0 to 100000") }
    }

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        try files.checkThatThereIsOne()
        var cursor = AuditCursor(directory: files.home.auditDirectory)
        cursor.position = max(0, try cursor.size() - count)
        try print(&cursor)
        while follow {
            try await Task.sleep(for: .milliseconds(200))
            try print(&cursor)
        }
    }

    private func print(_ cursor: inout AuditCursor) throws {
        try cursor.read { _, line in
            Output.line(line)
            return true
        }
    }
}
