/// Takes audit events.
package protocol AuditSink: Sendable {
    /// Returns when the event is durable.
    ///
    /// - Throws: when it is not known to be; the caller must then refuse the operation.
    func record(_ event: AuditEvent) async throws
}
