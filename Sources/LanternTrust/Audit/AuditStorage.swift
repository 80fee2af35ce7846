/// What the audit log needs of a disk: small files by relative path, whole and durable.
package protocol AuditStorage: Sendable {
    /// - Returns: `nil` when there is no such file.
    func read(_ path: String) throws(AuditError) -> [UInt8]?
    /// Returns when all files hold exactly these bytes, also after a power cut. Each file changes atomically.
    func write(_ files: [AuditFile]) throws(AuditError)
    /// The names in a directory, in any order; none when it is not there.
    func list(_ path: String) throws(AuditError) -> [String]
    /// Removes a file, or does nothing. Need not be durable.
    func remove(_ path: String)
    /// Removes a directory that is empty, or does nothing.
    func removeDirectory(_ path: String)
    /// Gives back the lock, if there is one. Nothing is called afterwards.
    func close()
}

/// A file by its path below the log's directory.
package struct AuditFile: Sendable, Hashable {
    package let path: String
    package let bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}
