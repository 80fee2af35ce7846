import ArgumentParser
import Glibc
import Lantern
import LanternTrust

/// `lantern keys retire`: believes a key no more.
struct KeysRetireCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Remove a peer's key, or our own previous or next one.",
        discussion: """
            A key that was used within the last day is only removed with --still-used:
            a rotation at the other end may not be over, and its next connection would
            fail. For a stolen key that is what you want.

              lantern keys retire --home ns-home svc-1
              lantern keys retire --home ns-home stolen-1 --still-used --yes
            """)

    @OptionGroup var home: HomeOptions
    @Argument(help: "The id of the key.")
    var id: String
    @Flag(help: "Ask nothing.")
    var yes = false
    @Flag(help: "Also when the key was used within the last day.")
    var stillUsed = false
    @OptionGroup var logging: LogOptions

    private static let day: Int64 = 86_400

    func perform() async throws {
        let home = try home.chosen()
        let rows = try KeyRow.all(of: home).filter { $0.id == id }
        guard !rows.isEmpty else {
            throw CommandFailure(.failed, "there is no key '\(id)'; `lantern keys list` shows them")
        }
        // Whether a peer still needs it: our own use of a key that we have exchanged tells nothing.
        let last = rows.filter { $0.place == .authorized || $0.algorithm == .hmac }.compactMap(\.lastUse)
            .max()
        if !stillUsed, let last, Int64(time(nil)) - last < Self.day {
            throw CommandFailure(
                .failed,
                "key '\(id)' was used at \(Timestamp.text(last)); wait until it is not used any more, "
                    + "or say --still-used")
        }
        try confirm(last)
        for file in try home.keys.retire(id) { Output.line("removed \(file)") }
    }

    private func confirm(_ last: Int64?) throws {
        guard !yes else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure(.usage, "retiring '\(id)' cannot be undone; say --yes")
        }
        let use = last.map { "last used \(Timestamp.text($0))" } ?? "never used"
        Output.text("retire key '\(id)', \(use)? [y/N] ")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw CommandFailure(.failed, "nothing was changed")
        }
    }
}
