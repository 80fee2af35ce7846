/// A Merkle log of audit events, in files that any C2SP tlog-tiles tool can read and verify.
///
/// One thread writes. Whoever waits while it writes shares the next commit. When the disk fails, every waiting
/// call fails, and so does every later one until writing works again: the caller then refuses the operation. When the
/// disk does not answer at all, callers are refused at their deadline.
///
/// - Source: RFC 6962; C2SP tlog-tiles, tlog-checkpoint, signed-note. See `docs/audit-log.md`.
public final class AuditLog: AuditSink {
    /// How many events may wait for the disk.
    public static let maximumWaiting = 4096
    /// How long an event waits for the disk before its operation is refused.
    public static let defaultDeadline = Duration.seconds(5)

    private let queue: AuditQueue
    private let face = AuditFace()
    /// Nil for a log that is not in a directory.
    package let directory: String?

    /// Opens a log, or makes a new one, and its key with it.
    ///
    /// - Parameters:
    ///   - directory: `checkpoint`, `tile/`, `journal` and a lock file live here.
    ///   - keyFile: the signing key, mode 0600; must be there when the log is.
    ///   - origin: the log's name in checkpoints, best like `host.example/audit`.
    ///   - deadline: how long an event waits for the disk.
    /// - Throws: ``AuditError``, when what is on disk does not carry this key's signature or does not add up.
    public convenience init(
        directory: String, keyFile: String, origin: String, deadline: Duration = AuditLog.defaultDeadline
    ) throws {
        let storage = try DirectoryStorage(lockedDirectory: directory)
        let isNew = try storage.read(TilePath.checkpoint) == nil && storage.list("tile").isEmpty
        let key = try AuditKey.load(
            file: keyFile, origin: origin, mayCreate: isNew, announced: KeyChange.read(from: storage).last)
        try self.init(
            storage: storage, key: key, keyFile: keyFile, directory: directory, deadline: deadline)
    }

    init(
        storage: any AuditStorage, key: AuditKey, keyFile: String? = nil, directory: String? = nil,
        maximumWaiting: Int = AuditLog.maximumWaiting, deadline: Duration = AuditLog.defaultDeadline
    ) throws(AuditError) {
        self.directory = directory
        queue = AuditQueue(limit: maximumWaiting, deadline: deadline)
        let worker = AuditWorker(
            queue: queue, writer: try AuditWriter(storage: storage, key: key), face: face, keyFile: keyFile)
        try worker.start()
    }

    deinit { queue.close() }

    /// What a verifier needs to know: name, key hash and public key of the log, in signed-note form.
    public var verifierKey: String { face.verifierKey }

    /// The newest checkpoint, a signed note: at most a fifth of a second behind what was answered.
    package var checkpoint: [UInt8] { face.checkpoint }

    /// How many events wait for the disk just now.
    package var waitingCount: Int { queue.count }

    package var lag: AuditLag { queue.lag }

    /// Whether the log can be written, as far as the last try showed.
    public var health: AuditHealth { queue.fault.map { .failing($0) } ?? .good }

    /// Refuses what could not be recorded, before it is done.
    ///
    /// - Throws: ``AuditError``, the reason why the last write failed; it is tried again four times a second.
    package func admit() throws {
        if let fault = queue.fault { throw fault }
    }

    /// Returns when the event is durable.
    ///
    /// - Throws: ``AuditError``; the event may or may not be found in the log later.
    public func record(_ event: AuditEvent) async throws {
        let entry = Array(event.line.utf8)
        guard entry.count <= AuditEvent.maximumLine else {
            throw AuditError(.storage, "an entry of \(entry.count) bytes is too long")
        }
        try await withCheckedThrowingContinuation { waiter in
            queue.put(entry, waiter)
        }
    }

    /// Writes what waits, refuses what comes, returns when the files are let go.
    public func close() async {
        queue.close()
        await queue.waitUntilEnded()
    }
}

/// Whether a log can be written.
public enum AuditHealth: Sendable, Hashable {
    case good
    /// Operations are refused for this reason.
    case failing(AuditError)

    public var isGood: Bool { self == .good }
}
