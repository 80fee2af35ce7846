import ArgumentParser
import Glibc
import Lantern
import LanternNameServer

/// `lantern nsc backup`.
struct BackupNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write the name server's store into a file, while it runs.",
        discussion: """
              lantern nsc backup names-2026-11-23.db

            The file is complete and checked when it appears; nothing is overwritten.
            """)

    @Argument(help: "The file to make.", completion: .file())
    var file: String
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        guard access(file, F_OK) != 0 else {
            throw CommandFailure(.usage, "\(file) exists already; nothing is overwritten")
        }
        let partial = file + ".partial"
        do {
            try await names.withService { try await receive(from: $0, into: partial) }
            let report = try StoreBackup.verify(partial)
            guard rename(partial, file) == 0 else {
                throw CommandFailure(.failed, "\(file): \(String(cString: strerror(errno)))")
            }
            Output.line("\(report.names) names, revision \(report.revision)")
        } catch {
            unlink(partial)
            throw error
        }
    }

    private func receive(from service: NameServiceStub, into path: String) async throws {
        let output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard output >= 0 else {
            throw CommandFailure(.failed, "\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(output) }
        var total = 0
        for try await chunk in try await service.backup() {
            var rest = chunk[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    throw CommandFailure(.failed, "\(path): \(String(cString: strerror(errno)))")
                }
                rest = rest.dropFirst(count)
            }
            total += chunk.count
            Terminal.progress("\(total >> 10) KiB")
        }
        Terminal.progress("")
        guard fsync(output) == 0 else {
            throw CommandFailure(.failed, "\(path): \(String(cString: strerror(errno)))")
        }
    }
}

/// `lantern nsc restore`.
struct RestoreNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in place of the names of a home whose name server is not running.",
        discussion: """
              lantern nsc restore names-2026-11-23.db --home ns-home

            What was there stays beside it as names.db.before-restore. Names that live by
            a lease are left out: their services register them again by themselves.
            """)

    @Argument(help: "The backup.", completion: .file())
    var file: String
    @Flag(help: "Do not ask.")
    var yes = false
    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = try home.chosen()
        let found = try StoreBackup.verify(file)
        if !yes {
            guard Terminal.canAsk else {
                throw CommandFailure(.usage, "--yes is needed: nobody can be asked")
            }
            let question = "replace \(home.namesFile) by a backup with \(found.names) names?"
            guard Terminal.confirms(question) else { throw CommandFailure(.failed, "nothing was changed") }
        }
        let report = try StoreBackup.restore(file, to: home.namesFile)
        Output.line("\(report.names) names, revision \(report.revision)")
    }
}

/// `lantern nsc import`.
struct ImportNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over the names of a Pyro4 or Pyro5 name server's SQL store.",
        discussion: """
            The name server of the home must not be running. Names that are there already
            stay as they are, unless --replace is given.

              lantern nsc import pyro-names.sqlite --owner spiffe://example.org/svc/shop

            Exit status 1 when some names could not be taken over; each is told.
            """)

    @Argument(help: "The file of `pyro5-ns -s sql:FILE`.", completion: .file())
    var file: String
    @Option(
        help:
            "The identity that owns them. (default: nobody, so that whoever may call register may change them)"
    )
    var owner: String?
    @Flag(help: "Replace names that are there.")
    var replace = false
    @Flag(name: .customLong("dry-run"), help: "Only say what would be done.")
    var dryRun = false
    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let entries = try PyroStoreFile.entries(of: file)
        if dryRun {
            let refused = SQLiteNameStore.refusals(entries)
            return try tell(
                "\(entries.count - refused.count) would be taken over, \(refused.count) refused",
                refused: refused)
        }
        let store = try NameServer.store(of: home.chosen())
        let report: ImportReport
        do {
            report = try await store.take(entries, owner: owner, replacing: replace) { done in
                Terminal.progress("\(done) of \(entries.count)")
            }
        } catch {
            await store.close()
            Terminal.progress("")
            throw error
        }
        await store.close()
        Terminal.progress("")
        try tell(
            "\(report.taken) taken over, \(report.kept) were there, \(report.refused.count) refused",
            refused: report.refused)
    }

    private func tell(_ summary: String, refused: [String]) throws {
        for refusal in refused { Output.error(Shown.text(refusal)) }
        Output.line(summary)
        if !refused.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}
