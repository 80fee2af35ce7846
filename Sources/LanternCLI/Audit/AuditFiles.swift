import Glibc
import Lantern
import LanternTrust

/// The audit log of a home, for reading.
struct AuditFiles {
    let home: LanternHome

    /// The verifier key of the signing key in the home.
    func verifierKey() throws -> String {
        guard access(home.auditKeyFile, F_OK) == 0 else {
            throw CommandFailure(
                .configuration, "\(home.auditKeyFile): there is no audit log here; `lantern ns` makes one")
        }
        return try AuditLog.verifierKey(ofKeyFile: home.auditKeyFile)
    }

    func verify(key: String? = nil, earlier: String?) throws -> AuditReport {
        try AuditLog.verify(
            directory: home.auditDirectory, verifierKey: key ?? verifierKey(), earlier: earlier)
    }

    /// Refuses to go on where there is no log.
    func checkThatThereIsOne() throws { _ = try verifierKey() }

    var control: AuditControl { AuditControl(directory: home.auditDirectory, keyFile: home.auditKeyFile) }
}
