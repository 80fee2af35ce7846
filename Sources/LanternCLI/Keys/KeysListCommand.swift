import ArgumentParser
import Lantern

/// `lantern keys list`: every key and when it was last used.
struct KeysListCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys of a home: who may use them, until when, and when they were last used.",
        discussion: """
            Running programs note down the use of a key some seconds after a handshake.
            A connection that stays open uses its key once.

              lantern keys list --home ns-home
              lantern keys list --json | jq '.[] | select(.standing != "valid")'
            """)

    @OptionGroup var home: HomeOptions
    @Flag(help: "One JSON list of objects.")
    var json = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let rows = try KeyRow.all(of: home.chosen())
        if json { return Output.line(try JSONForm.text(.list(rows.map(\.value)))) }
        var table = Table(header: KeyRow.header)
        for row in rows { table.add(row.cells) }
        table.print()
    }
}
