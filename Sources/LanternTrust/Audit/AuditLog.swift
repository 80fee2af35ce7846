/// A Merkle log of audit events, in files that any C2SP tlog-tiles tool can read and verify.
///
/// One thread writes. Whoever waits while it writes shares the next commit. When the disk fails, every waiting
/// call fails, and so does every later one until writing works again: the caller then refuses the operation.
///
/// - Source: RFC 6962; C2SP tlog-tiles, tlog-checkpoint, signed-note. See `docs/audit-log.md`.
public final class AuditLog: AuditSink {
    /// How many events may wait for the disk.
    public static let maximumWaiting = 4096

    /// What a verifier needs to know: name, key hash and public key of the log, in signed-note form.
    public let verifierKey: String
    private let queue: AuditQueue

    /// Opens a log, or makes a new one, and its key with it.
    ///
    /// - Parameters:
    ///   - directory: `checkpoint`, `tile/` and a lock file live here.
    ///   - keyFile: the signing key, mode 0600; must be there when the log is.
    ///   - origin: the log's name in checkpoints, best like `host.example/audit`.
    /// - Throws: ``AuditError``, when what is on disk does not carry this key's signature or does not add up.
    public convenience init(directory: String, keyFile: String, origin: String) throws {
        let storage = try DirectoryStorage(lockedDirectory: directory)
        let isNew = try storage.read(TilePath.checkpoint) == nil && storage.list("tile").isEmpty
        try self.init(storage: storage, key: .load(file: keyFile, origin: origin, mayCreate: isNew))
    }

    init(storage: any AuditStorage, key: AuditKey, maximumWaiting: Int = AuditLog.maximumWaiting)
        throws(AuditError)
    {
        verifierKey = key.verifier.text
        queue = AuditQueue(limit: maximumWaiting)
        let worker = AuditWorker(queue: queue, writer: try AuditWriter(storage: storage, key: key))
        try worker.start()
    }

    deinit { queue.close() }

    /// How many events wait for the disk just now.
    package var waitingCount: Int { queue.count }

    /// Returns when the event, its tiles and a checkpoint over them are durable.
    ///
    /// - Throws: ``AuditError``; the event may or may not be found in the log later.
    public func record(_ event: AuditEvent) async throws {
        let entry = Array(event.line.utf8)
        guard entry.count <= AuditEvent.maximumLine else {
            throw AuditError(.storage, "an entry of \(entry.count) bytes is too long")
        }
        try await withCheckedThrowingContinuation { waiter in
            queue.put(AuditQueue.Ticket(entry: entry, waiter: waiter))
        }
    }

    /// Writes what waits, refuses what comes, returns when the files are let go.
    public func close() async {
        queue.close()
        await queue.waitUntilEnded()
    }
}
