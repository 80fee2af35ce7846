/// What the audit log needs of a disk: small files by relative path, and one journal.
package protocol AuditStorage: Sendable {
    /// - Returns: `nil` when there is no such file.
    func read(_ path: String) throws(AuditError) -> [UInt8]?
    /// Each file changes atomically. What is written is durable after ``synchronise()``.
    func write(_ files: [AuditFile]) throws(AuditError)
    /// Changes one file atomically; whatever happens later, a reader finds the old or the new bytes, never less.
    func replace(_ file: AuditFile) throws(AuditError)
    /// Returns when all that was written and replaced is durable, also after a power cut.
    func synchronise() throws(AuditError)
    /// The whole journal; nothing when there is none.
    func readJournal() throws(AuditError) -> [UInt8]
    /// Returns when these bytes of the journal are durable.
    func writeJournal(_ bytes: [UInt8], at offset: Int) throws(AuditError)
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
