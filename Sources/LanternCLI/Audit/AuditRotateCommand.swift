import ArgumentParser
import Lantern
import LanternTrust

/// `lantern audit rotate`: a new signing key.
struct AuditRotateCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Sign with a new key from now on, and print its verifier key.",
        discussion: """
            Works while the name server runs, as its user. The old key signs the new one
            (audit/keys/) and is destroyed. Verification follows from any of the keys.

              lantern audit rotate --home ns-home > kept.key
            """)

    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        try files.checkThatThereIsOne()
        Output.line(try await files.control.rotate())
    }
}

/// `lantern audit prune`: removes the oldest entries, keeps their hashes.
struct AuditPruneCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove the oldest entries; what is needed to verify the log stays.",
        discussion: """
            Works while the name server runs, as its user. Entries go in bundles of 256.
            The log's owner signs how many are gone (audit/pruned), and the log has an
            entry that says so. Export first what must be kept.

              lantern audit prune --older-than 365d
              lantern audit prune --below 10000 --dry-run
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "Entries with a lower number, counted from 0.")
    var below: Int?
    @Option(help: "Entries from before a time: 2026-01-01T00:00:00Z, or how long ago: 365d.")
    var olderThan: String?
    @Flag(help: "Only say what would go.")
    var dryRun = false
    @OptionGroup var logging: LogOptions

    func validate() throws {
        guard (below == nil) != (olderThan == nil) else {
            throw ValidationError("give --below or --older-than")
        }
        guard (below ?? 0) >= 0 else { throw ValidationError("--below is 0 or more") }
    }

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        try files.checkThatThereIsOne()
        let size =
            if let below { below } else {
                try files.control.countOfEntries(before: AuditTime.milliseconds(olderThan ?? ""))
            }
        let whole = size / 256 * 256
        if dryRun { return Output.line("would keep entries from \(whole) on") }
        if whole == 0 { return Output.line("nothing to prune: entries go in bundles of 256") }
        Output.line("entries from \(try await files.control.prune(below: size)) on are kept")
    }
}
