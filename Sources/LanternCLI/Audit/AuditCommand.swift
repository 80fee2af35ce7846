import ArgumentParser

/// `lantern audit`: reads and looks after the audit log of a home.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Verify, read, prove and look after the audit log.",
        subcommands: [
            AuditVerifyCommand.self, AuditKeyCommand.self, AuditTailCommand.self, AuditSearchCommand.self,
            AuditProveCommand.self, AuditCheckProofCommand.self, AuditExportCommand.self,
            AuditCheckpointCommand.self, AuditRotateCommand.self, AuditPruneCommand.self,
        ])
}
