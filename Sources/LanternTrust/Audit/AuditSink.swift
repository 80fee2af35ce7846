/// Takes audit events.
package protocol AuditSink: Sendable {
    /// Asked before an audited operation is begun.
    ///
    /// - Throws: when events cannot be recorded now; the caller must then refuse the operation.
    func admit() throws

    /// Returns when the event is durable.
    ///
    /// - Throws: when it is not known to be; the caller must then refuse the operation.
    func record(_ event: AuditEvent) async throws

    /// How far the disk is behind.
    var lag: AuditLag { get }

    /// What peers are shown at the handshake: see ``CheckpointMemory``. Nil for what has no checkpoints.
    var handout: [UInt8]? { get }

    /// The hashes, base64, that prove that the log at the larger size continues it at the smaller.
    ///
    /// - Returns: nil when the log does not have that many entries.
    func consistency(from smaller: Int, to larger: Int) throws -> [String]?

    /// The notes of all changes of the log's key.
    func keyChanges() throws -> [String]
}

extension AuditSink {
    package func admit() throws {}
    package var lag: AuditLag { AuditLag() }
    package var handout: [UInt8]? { nil }
    package func consistency(from smaller: Int, to larger: Int) throws -> [String]? { nil }
    package func keyChanges() throws -> [String] { [] }
}

/// What waits for the disk.
package struct AuditLag: Sendable, Hashable {
    /// Events, those that are being written among them.
    package var waiting = 0
    /// How long the oldest of them has waited.
    package var oldest = Duration.zero

    package init(waiting: Int = 0, oldest: Duration = .zero) {
        self.waiting = waiting
        self.oldest = oldest
    }
}
