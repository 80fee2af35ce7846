import ArgumentParser
import Foundation
import Lantern
import LanternTrust

/// `lantern audit prove`: proofs that hold without this program and without the log.
struct AuditProveCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove that an entry is in the log, or that the log continues an earlier checkpoint.",
        discussion: """
            An entry's proof has the form of C2SP tlog-proof; with --entry-to the entry
            itself goes to a file. A consistency proof has the form in which C2SP witnesses
            take it: `old` and the earlier size, the hashes, an empty line, the checkpoint.
            docs/audit-log.md says how others check them.

              lantern audit prove --entry 17 --entry-to entry.json > entry.tlog-proof
              lantern audit prove --since kept.note > continues.txt
              lantern audit prove --since old.note --until newer.note
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "The number of the entry, counted from 0.")
    var entry: Int?
    @Option(help: "Where to put the entry's bytes.", completion: .file())
    var entryTo: String?
    @Option(help: "A file with the earlier checkpoint.", completion: .file())
    var since: String?
    @Option(help: "A file with the later checkpoint. (default: the newest)", completion: .file())
    var until: String?
    @OptionGroup var logging: LogOptions

    func validate() throws {
        guard (entry == nil) != (since == nil) else { throw ValidationError("give --entry or --since") }
        guard until == nil || since != nil else { throw ValidationError("--until goes with --since") }
        guard entryTo == nil || entry != nil else { throw ValidationError("--entry-to goes with --entry") }
    }

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        try files.checkThatThereIsOne()
        let directory = files.home.auditDirectory
        if let entry {
            let (proof, bytes) = try AuditLog.proveInclusion(of: entry, directory: directory)
            if let entryTo {
                guard let bytes else {
                    throw CommandFailure(.failed, "entry \(entry) was pruned; its proof still holds")
                }
                try Data(bytes).write(to: URL(fileURLWithPath: entryTo))
            }
            return Output.text(proof)
        }
        let old = try AuditLog.size(ofCheckpoint: Self.read(since ?? ""))
        let later = try until.map { Array(try Self.read($0).utf8) }
        Output.text(try AuditLog.proveConsistency(from: old, to: later, directory: directory))
    }

    static func read(_ path: String) throws -> String {
        guard let text = try TextFile.read(path) else {
            throw CommandFailure(.usage, "\(path): there is no such file")
        }
        return text
    }
}

/// `lantern audit check-proof`: checks a proof without the log.
struct AuditCheckProofCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "check-proof",
        abstract: "Check the proof of an entry with the verifier key alone; needs no lantern home.",
        discussion: """
              lantern audit check-proof --key "$(cat kept.key)" --entry-file entry.json entry.tlog-proof
            """)

    @Option(help: "The verifier key.")
    var key: String
    @Option(help: "The file with the entry's bytes.", completion: .file())
    var entryFile: String
    @Argument(help: "The file with the proof.", completion: .file())
    var proof: String
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let entry = Array(try AuditProveCommand.read(entryFile).utf8)
        do {
            let found = try ProofText.check(
                inclusion: AuditProveCommand.read(proof), entry: entry, verifierKey: key)
            Output.line("proved: entry \(found.index) of a log of \(found.size)")
        } catch let error as AuditError where error.code == .damaged {
            Output.line("NOT PROVED: \(error.detail)")
            throw ExitCode(ExitStatus.failed.rawValue)
        }
    }
}

/// `lantern audit checkpoint`: what to keep elsewhere.
struct AuditCheckpointCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Print the newest checkpoint: keep it on another host, and verify --since it later.",
        discussion: "  lantern audit checkpoint > kept.note")

    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        try files.checkThatThereIsOne()
        Output.text(try AuditLog.checkpointNote(directory: files.home.auditDirectory))
    }
}
