import ArgumentParser

/// `lantern audit`: reads the audit log of a home.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Verify and read the audit log.",
        subcommands: [AuditVerifyCommand.self, AuditKeyCommand.self, AuditTailCommand.self])
}
