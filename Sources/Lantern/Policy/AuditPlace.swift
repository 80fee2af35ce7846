import LanternTrust

/// Where a lantern home keeps its audit log.
package struct AuditPlace: Sendable, Hashable {
    package var directory: String
    package var keyFile: String

    package init(directory: String, keyFile: String) {
        self.directory = directory
        self.keyFile = keyFile
    }

    /// Opens the log, or makes one.
    ///
    /// - Throws: ``LanternError/Code/configuration``; one log is written by one process.
    package func open(origin: String) throws -> AuditLog {
        do {
            return try AuditLog(directory: directory, keyFile: keyFile, origin: origin)
        } catch let error as AuditError {
            throw LanternError(
                .configuration,
                "the policy demands an audit log, and the one in \(directory) cannot be opened: \(error.detail)",
                cause: error)
        }
    }
}

extension PolicyTable {
    /// Fails closed: a rule that is to be recorded allows nothing where nothing can be recorded.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the first such rule.
    package func check(hasAudit: Bool) throws {
        guard !hasAudit, let rule = rules.first(where: { $0.audit != .object }) else { return }
        throw LanternError(
            .configuration,
            "\(rule.place): the rule asks for 'audit: \(rule.audit.rawValue)', and this daemon has no audit log; "
                + "restart it with a lantern home, or take the line out")
    }
}
