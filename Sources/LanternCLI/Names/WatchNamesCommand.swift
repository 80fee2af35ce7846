import ArgumentParser
import Lantern

/// `lantern nsc watch`.
struct WatchNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print what becomes of names, as it happens; goes on after a lost connection.",
        discussion: """
            One line a change: + with name and URI, or - with the name. With --json one
            object a line, with the position to go on from (--after STORE:REVISION).

              lantern nsc watch --prefix example.
              lantern nsc watch --any storage --json | jq .name

            Exit status 1 when the changes that were asked for are no longer kept.
            """)

    @OptionGroup var search: SearchOptions
    @Option(help: "Go on from this position, which --json shows.")
    var after: String?
    @Option(help: "End after so many changes.")
    var count: Int?
    @Flag(help: "One JSON object a line.")
    var json = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is at least 1") }
        _ = try position()
    }

    func perform() async throws {
        let start = try position()
        try await names.withService { service in
            var left = count ?? .max
            for try await update in NameUpdates(service, search.search, after: start) {
                for change in update.changes {
                    try show(change, at: update.position)
                    left -= 1
                    if left == 0 { return }
                }
            }
        }
    }

    private func position() throws -> WatchPosition? {
        guard let after else { return nil }
        let parts = after.split(separator: ":")
        guard parts.count == 2, let revision = Int64(parts[1]) else {
            throw ValidationError("--after is STORE:REVISION, as --json shows it")
        }
        return WatchPosition(store: String(parts[0]), revision: revision)
    }

    private func show(_ change: ChangedName, at position: WatchPosition) throws {
        guard json else {
            guard let details = change.details else {
                return Output.line(Terminal.styled("- \(Shown.text(change.name))", .red))
            }
            return Output.line(
                Terminal.styled("+ \(Shown.text(change.name))", .green) + "  \(Shown.text(details.uri))")
        }
        let details = try change.details.map { try ValueEncoder().encode($0) } ?? .none
        Output.line(
            try JSONForm.text(
                .map([
                    ValuePair("name", .text(change.name)), ValuePair("details", details),
                    ValuePair("position", .text("\(position.store):\(position.revision)")),
                ])))
    }
}
