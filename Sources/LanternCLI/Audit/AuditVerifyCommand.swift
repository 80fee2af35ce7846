import ArgumentParser
import Lantern
import LanternTrust

/// `lantern audit verify`: recomputes the whole log.
struct AuditVerifyCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute the whole log and compare every hash and the signature.",
        discussion: """
            With a key kept on another host, not even the owner of this home can
            have changed the log unseen; with a checkpoint kept there, it cannot
            have been put back to an earlier state either.

              lantern audit verify --home ns-home
              lantern audit verify --key "$(cat kept.key)" --since kept.note

            The key may be an older one of the log: changes of key are followed.
            Entries that were pruned count by their hashes.

            Exit status 1 when the log is not intact.
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "The verifier key, kept elsewhere. (default: that of the home's own key)")
    var key: String?
    @Option(
        name: [.customLong("since"), .customLong("checkpoint")],
        help: "A file with an earlier checkpoint, kept elsewhere: the log must continue it.",
        completion: .file())
    var checkpoint: String?
    @Flag(help: "One JSON object with intact, size, verified, pruned, root and fault.")
    var json = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        var earlier: String?
        if let checkpoint {
            guard let text = try TextFile.read(checkpoint) else {
                throw CommandFailure(.usage, "\(checkpoint): there is no such file")
            }
            earlier = text
        }
        let report = try AuditFiles(home: home.chosen()).verify(key: key, earlier: earlier)
        if json {
            Output.line(try JSONForm.text(Self.value(report)))
        } else if let fault = report.fault {
            Output.line("NOT INTACT: \(fault) (\(report.verified) of \(report.size) entries are right)")
        } else {
            let pruned = report.pruned > 0 ? ", \(report.pruned) of them pruned" : ""
            Output.line("intact: \(report.size) entries\(pruned), root \(report.root)")
        }
        if !report.isIntact { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private static func value(_ report: AuditReport) -> Value {
        .map([
            ValuePair("intact", .bool(report.isIntact)), ValuePair("size", .int(Int64(report.size))),
            ValuePair("verified", .int(Int64(report.verified))),
            ValuePair("pruned", .int(Int64(report.pruned))), ValuePair("root", .text(report.root)),
            ValuePair("fault", report.fault.map { .text($0.description) } ?? .none),
        ])
    }
}
