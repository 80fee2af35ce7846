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

    /// Shows on a terminal how far it is.
    func verify(key: String? = nil, earlier: String?) throws -> AuditReport {
        defer { Terminal.progress("") }
        return try AuditLog.verify(
            directory: home.auditDirectory, verifierKey: key ?? verifierKey(), earlier: earlier
        ) { done, size in
            // A line for each bundle of 256 would cost more than the hashes.
            if done.isMultiple(of: 1 << 14) { Terminal.progress("\(done) of \(size) entries") }
        }
    }

    /// Refuses to go on where there is no log.
    func checkThatThereIsOne() throws { _ = try verifierKey() }

    var control: AuditControl { AuditControl(directory: home.auditDirectory, keyFile: home.auditKeyFile) }
}
