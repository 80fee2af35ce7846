import LanternTLS
import NIOCore
import NIOPosix
import Synchronization

/// Speaks etcd's v3 API over gRPC with mutual TLS: one connection, the next endpoint when it fails, a deadline for all.
///
/// Reads and what may be done twice are tried again elsewhere. A transaction is sent once: when its answer is lost the
/// caller hears ``EtcdError/Code/unknownOutcome``.
package final class EtcdClient: Sendable {
    package let settings: EtcdSettings
    private let link: EtcdLink
    private let running = Mutex(0)

    /// - Throws: `TLSError` about the files of the settings.
    package init(settings: EtcdSettings) throws {
        var settings = settings
        settings.tls.foreignProtocol = "h2"
        self.settings = settings
        let tls = try TLSContext(settings: settings.tls)
        link = EtcdLink(settings: settings, tls: tls, group: MultiThreadedEventLoopGroup.singleton)
    }

    /// Ends the connection and every call.
    package func close() async { await link.close() }

    // MARK: - Keys

    package func range(_ range: EtcdRange) async throws -> EtcdRangeAnswer {
        try await ask("KV/Range", range)
    }

    /// - Throws: ``EtcdError/Code/unknownOutcome``; every other error means that nothing was changed.
    package func commit(_ transaction: EtcdTransaction) async throws -> EtcdTransactionAnswer {
        try await ask("KV/Txn", transaction, mayRepeat: transaction.isReadOnly)
    }

    /// Lets etcd forget all changes before a revision.
    package func compact(_ revision: Int64) async throws {
        let _: EtcdPlainAnswer = try await ask("KV/Compact", EtcdCompaction(revision: revision))
    }

    // MARK: - Leases

    /// - Returns: the lease with the seconds that etcd gave it, which may be more.
    package func grantLease(seconds: Int64) async throws -> EtcdLease {
        let lease: EtcdLease = try await ask("Lease/LeaseGrant", EtcdLeaseGrant(seconds: seconds))
        guard lease.id != 0, lease.seconds > 0 else { throw EtcdError.damaged("a lease without a number") }
        return lease
    }

    /// Ends a lease; its keys go.
    package func revokeLease(_ id: Int64) async throws {
        let _: EtcdLease = try await ask("Lease/LeaseRevoke", EtcdLeaseReference(id: id))
    }

    /// Lets a lease last its time again. That etcd says so is a hint: read again what depends on it.
    ///
    /// - Throws: ``EtcdError/Code/leaseNotFound``.
    package func keepLease(_ id: Int64) async throws -> EtcdLease {
        try found(id, await ask("Lease/LeaseKeepAlive", EtcdLeaseReference(id: id)))
    }

    /// How long a lease still lasts.
    ///
    /// - Throws: ``EtcdError/Code/leaseNotFound``.
    package func lease(_ id: Int64) async throws -> EtcdLease {
        try found(id, await ask("Lease/LeaseTimeToLive", EtcdLeaseReference(id: id)))
    }

    private func found(_ id: Int64, _ lease: EtcdLease) throws -> EtcdLease {
        guard lease.id == id, lease.seconds > 0 else {
            throw EtcdError(.leaseNotFound, "etcd has no such lease")
        }
        return lease
    }

    // MARK: - Watching

    /// Hands over the changes of keys with a prefix until the connection ends or the task is cancelled.
    ///
    /// A leader is demanded: a server that is cut off from the others ends the watch instead of being silent.
    ///
    /// - Parameter revision: the first one that is wanted; 0 for from now on.
    /// - Throws: ``EtcdError/Code/compacted`` with the oldest revision that is kept.
    package func watch(
        prefix: [UInt8], from revision: Int64,
        _ take: @escaping @Sendable (EtcdWatchAnswer) async throws -> Void
    ) async throws {
        let connection = try await link.connection()
        let stream = try await connection.call(Self.path("Watch/Watch"), needsLeader: true)
        try await stream.executeThenClose { inbound, outbound in
            try await outbound.write(EtcdWatchCreate(prefix: prefix, revision: revision).encoded)
            for try await message in inbound {
                let answer = try EtcdWatchAnswer(decoding: message[...])
                if answer.isCancelled { throw Self.error(ofCancelled: answer) }
                try await take(answer)
            }
        }
        try Task.checkCancellation()
        throw EtcdError(.unreachable, "etcd ended the watch")
    }

    private static func error(ofCancelled answer: EtcdWatchAnswer) -> EtcdError {
        guard answer.compactRevision > 0 else {
            return EtcdError(.unreachable, "etcd ended the watch: \(GRPCStatus.plain(answer.reason))")
        }
        return EtcdError(
            .compacted, "etcd keeps nothing before revision \(answer.compactRevision)",
            compactRevision: answer.compactRevision)
    }

    // MARK: - Asking

    private static func path(_ method: String) -> String { "/etcdserverpb.\(method)" }

    private func ask<Answer: EtcdResponse>(
        _ method: String, _ request: some EtcdRequest, mayRepeat: Bool = true
    ) async throws -> Answer {
        let fits = running.withLock { running in
            guard running < settings.limits.requests else { return false }
            running += 1
            return true
        }
        guard fits else {
            throw EtcdError(.unreachable, "\(settings.limits.requests) requests wait for etcd already")
        }
        defer { running.withLock { $0 -= 1 } }
        let message = request.encoded
        let end = ContinuousClock.now + settings.deadline
        var pause = Duration.milliseconds(10)
        while true {
            var hasSent = false
            do {
                let connection = try await link.connection()
                hasSent = true
                let bytes = try await attempt(Self.path(method), message, connection, until: end)
                return try Answer(decoding: bytes[...])
            } catch let error as EtcdError where Self.isPassing(error) {
                if hasSent, !mayRepeat { throw EtcdError(.unknownOutcome, error.detail) }
                let left = end - ContinuousClock.now
                guard left > .zero else { throw error }
                // So that the next one is asked at once and a dead cluster not without a pause.
                try await Task.sleep(for: min(pause, left))
                pause = min(pause * 2, .milliseconds(250))
            }
        }
    }

    /// One attempt at one server; one that does not answer in time is left.
    private func attempt(
        _ path: String, _ message: [UInt8], _ connection: EtcdConnection, until end: ContinuousClock.Instant
    ) async throws -> [UInt8] {
        do {
            return try await Deadline.run(min(settings.attempt, max(end - .now, .milliseconds(1)))) {
                let stream = try await connection.call(path)
                return try await stream.executeThenClose { inbound, outbound in
                    try await outbound.write(message)
                    outbound.finish()
                    var answer: [UInt8]?
                    for try await message in inbound {
                        guard answer == nil else { throw EtcdError.damaged("a second answer") }
                        answer = message
                    }
                    try Task.checkCancellation()
                    guard let answer else { throw EtcdError.damaged("no answer") }
                    return answer
                }
            }
        } catch {
            let known = error as? EtcdError
            if known.map(Self.isPassing) ?? true || known?.code == .protocolViolation {
                await link.abandon(connection)
            }
            if let known { throw known }
            try Task.checkCancellation()
            throw EtcdError(.unreachable, "\(connection.endpoint): \(error)")
        }
    }

    private static func isPassing(_ error: EtcdError) -> Bool {
        [.unreachable, .deadlineExceeded].contains(error.code)
    }

    /// Leaves the server in use, for example because what it says is old.
    package func moveOn() async {
        if let connection = try? await link.connection() { await link.abandon(connection) }
    }
}

extension EtcdTransaction {
    /// Whether it changes nothing.
    fileprivate var isReadOnly: Bool {
        (success + failure).allSatisfy { if case .range = $0 { true } else { false } }
    }
}
