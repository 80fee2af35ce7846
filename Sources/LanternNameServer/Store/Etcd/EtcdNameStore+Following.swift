import LanternEtcd
import Logging
import Synchronization

/// How the mirror stays what etcd holds.
extension EtcdNameStore {
    // MARK: - Asking for the truth

    /// Returns when what is in the mirror is not older than it may be.
    ///
    /// - Throws: ``NamingError/Code/storeFailed`` when etcd does not say so in time.
    func fresh() async throws {
        let isFresh = state.withLock { $0.failure == nil && .now - $0.confirmed <= settings.staleness }
        if !isFresh { try await confirm() }
    }

    /// Returns when all is in the mirror that was acknowledged before the call.
    func confirm() async throws {
        let start = ContinuousClock.now
        do {
            if let failure = state.withLock({ $0.failure }) { throw NamingError.storeFailed(failure) }
            let step = try await client.range(EtcdRange(key: keys.step)).pairs.first
            guard let step, step.createRevision == created else {
                let failure =
                    "the names under '\(settings.prefix)' were replaced by others; restart the name server"
                state.withLock { $0.failure = failure }
                throw NamingError.storeFailed(failure)
            }
            guard await wait(for: step.modRevision, within: settings.patience) else {
                throw NamingError.storeFailed("the watch of etcd is behind")
            }
            state.withLock { $0.confirmed = max($0.confirmed, start) }
        } catch {
            throw EtcdFailure.namingError(error)
        }
    }

    /// Returns the store's revision of a step that etcd made, once it is in the mirror.
    func seen(_ revision: Int64) async throws -> Int64 {
        guard await wait(for: revision, within: settings.patience * 3) else {
            throw NamingError.storeUncertain("etcd made the change, and its watch does not show it")
        }
        return state.withLock { $0.mirror.revision(of: revision) ?? $0.mirror.revision }
    }

    /// - Returns: whether the mirror came so far.
    private func wait(for revision: Int64, within patience: Duration) async -> Bool {
        let id = state.withLock { state -> UInt64? in
            if state.mirror.applied >= revision { return nil }
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        guard let id else { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.wait(id, for: revision) }
            group.addTask {
                try? await Task.sleep(for: patience)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }

    private func wait(_ id: UInt64, for revision: Int64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Bool? in
                    if state.mirror.applied >= revision { return true }
                    if Task.isCancelled || state.isClosed { return false }
                    state.waiting[id] = (revision, continuation)
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.continuation.resume(returning: false)
        }
    }

    // MARK: - Following

    /// Proves four times within the bound that the mirror is new enough, so that readers need not ask.
    func keepConfirming() async {
        let pause = max(settings.staleness / 4, .milliseconds(10))
        var rounds = 0
        var failures = 0
        while !Task.isCancelled {
            do {
                try await confirm()
                failures = 0
            } catch {
                failures += 1
                if failures == 1 { logger.error("etcd does not answer", metadata: ["error": "\(error)"]) }
                // Another server of the cluster may know more.
                await client.moveOn()
            }
            rounds += 1
            if rounds % 256 == 0 { await sender.keepLease() }
            try? await Task.sleep(for: pause)
        }
    }

    func keepWatching() async {
        var pause = Duration.milliseconds(10)
        while !Task.isCancelled {
            let pieces = EtcdPieces()
            let next = state.withLock { $0.next }
            do {
                try await client.watch(prefix: keys.prefix, from: next) { answer in
                    for revision in try await pieces.take(answer) { self.apply(revision) }
                }
            } catch let error as EtcdError where error.code == .compacted {
                await reload()
            } catch {
                logger.debug("watch ended", metadata: ["error": "\(error)"])
            }
            pause = state.withLock({ $0.next }) > next ? .milliseconds(10) : min(pause * 2, .seconds(1))
            try? await Task.sleep(for: pause)
        }
    }

    /// Takes all changes of one revision.
    private func apply(_ events: [EtcdEvent]) {
        let waiters = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            guard let revision = events.first?.pair.modRevision, revision >= state.next else { return [] }
            if let set = state.mirror.apply(events) {
                history.append(set.events.isEmpty ? [] : [set], upTo: set.revision)
            }
            state.next = revision + 1
            return Self.ready(&state)
        }
        for waiter in waiters { waiter.resume(returning: true) }
    }

    private static func ready(_ state: inout State) -> [CheckedContinuation<Bool, Never>] {
        let ready = state.waiting.filter { $0.value.revision <= state.mirror.applied }
        for id in ready.keys { state.waiting[id] = nil }
        return ready.values.map(\.continuation)
    }

    /// etcd no longer has the changes that would be next: reads all there is, and lets watchers know when something
    /// was missed.
    private func reload() async {
        do {
            let (mirror, base) = try await EtcdStart.read(keys, at: nil, client)
            let waiters = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
                guard base >= state.next else { return [] }
                if mirror.revision != state.mirror.revision { history.skip(to: mirror.revision) }
                state.mirror = mirror
                state.next = base + 1
                return Self.ready(&state)
            }
            for waiter in waiters { waiter.resume(returning: true) }
            logger.warning("etcd had forgotten changes; all names were read again")
        } catch {
            logger.error("names not read from etcd", metadata: ["error": "\(error)"])
        }
    }
}

/// Puts the messages of a watch together: all changes of a revision at once, however they were cut.
actor EtcdPieces {
    /// Bytes of one revision.
    static let limit = 64 << 20

    private var waiting: [EtcdEvent] = []
    private var bytes = 0

    /// - Returns: whole revisions, oldest first.
    func take(_ answer: EtcdWatchAnswer) throws -> [[EtcdEvent]] {
        var whole: [[EtcdEvent]] = []
        for event in answer.events {
            if let last = waiting.last, last.pair.modRevision != event.pair.modRevision {
                guard last.pair.modRevision < event.pair.modRevision else {
                    throw EtcdError(.protocolViolation, "etcd sent changes out of order")
                }
                whole.append(flush())
            }
            waiting.append(event)
            bytes += event.pair.key.count + event.pair.value.count
            guard bytes <= Self.limit else {
                throw EtcdError(.messageTooLarge, "one revision of etcd has more than \(Self.limit) bytes")
            }
        }
        if !answer.isFragment, !waiting.isEmpty { whole.append(flush()) }
        return whole
    }

    private func flush() -> [EtcdEvent] {
        defer {
            waiting = []
            bytes = 0
        }
        return waiting
    }
}
