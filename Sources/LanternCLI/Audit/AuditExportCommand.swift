import ArgumentParser
import Lantern
import LanternTrust

/// `lantern audit export`: all entries as JSON lines.
struct AuditExportCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print all entries as JSON lines, once the log was verified.",
        discussion: """
              lantern audit export --from 1000 > entries.jsonl

            Exit status 1, and no entries, when the log is not intact.
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "The first entry, counted from 0.")
    var from = 0
    @Flag(help: "Do not verify first.")
    var unverified = false
    @OptionGroup var logging: LogOptions

    func validate() throws {
        guard from >= 0 else { throw ValidationError("--from is 0 or more") }
    }

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        try files.checkThatThereIsOne()
        if !unverified, let fault = try files.verify(earlier: nil).fault {
            throw CommandFailure(.failed, "\(files.home.auditDirectory): the log is not intact: \(fault)")
        }
        var cursor = AuditCursor(directory: files.home.auditDirectory)
        cursor.position = from
        try cursor.read { _, line in
            Output.line(line)
            return true
        }
    }
}
