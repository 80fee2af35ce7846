import LanternEtcd
import Synchronization

/// Sends transactions so that each is made at most once, whatever becomes of its answer.
///
/// Each transaction in flight has a key of its own, `s/<name server>/<number>`: it compares that key's revision and puts
/// its own number there. When an answer is lost the same transaction is sent again: it goes through, and then the first
/// one never can; or it finds its own number, and then the first one did. Several senders let several transactions be
/// under way at once.
final class EtcdSender: Sendable {
    /// What became of a transaction.
    enum Outcome: Sendable {
        /// etcd's revision of it.
        case made(revision: Int64)
        /// A comparison failed; the store had this revision of etcd then.
        case conflict(revision: Int64)
    }

    private struct Slot {
        let number: Int
        /// etcd's revision of the latest change of its key; 0 while there is none.
        var revision: Int64 = 0
    }

    private struct State {
        var free: [Slot]
        var nextNumber: Int
        var waiting: [UInt64: CheckedContinuation<Slot?, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var lease: Int64 = 0
        var isLeaseOld = true
    }

    /// How long keys of a name server that is gone stay.
    static let leaseSeconds: Int64 = 3_600

    private let client: EtcdClient
    private let keys: EtcdKeys
    private let server: String
    private let maximumWaiting: Int
    private let state: Mutex<State>

    init(client: EtcdClient, keys: EtcdKeys, concurrency: Int = 16, maximumWaiting: Int = 10_000) {
        self.client = client
        self.keys = keys
        self.maximumWaiting = maximumWaiting
        server = StoreIncarnation.random()
        state = Mutex(State(free: (0..<concurrency).map { Slot(number: $0) }, nextNumber: concurrency))
    }

    /// Makes the operations and one step of the store, if the comparisons hold.
    ///
    /// - Throws: ``NamingError/Code/storeFailed``.
    func send(_ comparisons: [EtcdComparison], _ operations: [EtcdOperation]) async throws -> Outcome {
        var slot = try await take()
        do {
            let outcome = try await send(comparisons, operations, &slot)
            give(slot)
            return outcome
        } catch {
            // What was sent on this one may still arrive: nothing more is sent on it.
            give(renewed())
            throw error
        }
    }

    private func send(
        _ comparisons: [EtcdComparison], _ operations: [EtcdOperation], _ slot: inout Slot
    ) async throws -> Outcome {
        let id = Array(StoreIncarnation.random().utf8)
        let key = keys.sender(server, slot.number)
        let end = ContinuousClock.now + client.settings.deadline * 2
        var isUncertain = false
        while true {
            var transaction = EtcdTransaction()
            transaction.comparisons = comparisons + [.init(key, .modRevision, .equal, slot.revision)]
            transaction.success =
                operations + [
                    .put(key: key, value: id, lease: try await lease()), .put(key: keys.step, value: id),
                ]
            transaction.failure = [.range(EtcdRange(key: key))]
            do {
                let answer = try await client.commit(transaction)
                if answer.succeeded {
                    slot.revision = answer.header.revision
                    return .made(revision: answer.header.revision)
                }
                let pair = answer.found.first??.pairs.first
                let revision = pair?.modRevision ?? 0
                if let pair, pair.value == id, revision != slot.revision {
                    slot.revision = revision
                    return .made(revision: revision)
                }
                // Its key went with the lease of the senders, or a first attempt is still on its way.
                guard revision == slot.revision, !isUncertain else {
                    try await close(key, &slot)
                    isUncertain = false
                    guard ContinuousClock.now < end else { throw Self.uncertain("it took too long") }
                    continue
                }
                return .conflict(revision: answer.header.revision)
            } catch let error as EtcdError {
                switch error.code {
                case .unknownOutcome:
                    isUncertain = true
                    guard ContinuousClock.now < end else { throw Self.uncertain(error.detail) }
                case .leaseNotFound where ContinuousClock.now < end && isSendersLease():
                    state.withLock { $0.isLeaseOld = true }
                default: throw isUncertain ? Self.uncertain(error.detail) : EtcdFailure.namingError(error)
                }
            }
        }
    }

    /// Changes the key of a sender, so that no transaction that compared it before can go through.
    private func close(_ key: [UInt8], _ slot: inout Slot) async throws {
        var transaction = EtcdTransaction()
        transaction.success = [.put(key: key, value: [], lease: try await lease())]
        // Sent as often as it takes: each of them does.
        let end = ContinuousClock.now + client.settings.deadline
        while true {
            do {
                slot.revision = try await client.commit(transaction).header.revision
                return
            } catch let error as EtcdError where error.code == .unknownOutcome && ContinuousClock.now < end {
                continue
            }
        }
    }

    private static func uncertain(_ reason: String) -> NamingError { .storeUncertain(reason) }

    // MARK: - The lease of the senders' keys

    private func isSendersLease() -> Bool { state.withLock { !$0.isLeaseOld } }

    private func lease() async throws -> Int64 {
        let known = state.withLock { $0.isLeaseOld ? nil : $0.lease }
        if let known { return known }
        let lease = try await client.grantLease(seconds: Self.leaseSeconds)
        state.withLock { state in
            state.lease = lease.id
            state.isLeaseOld = false
        }
        return lease.id
    }

    /// Keeps the keys; every few minutes is enough.
    func keepLease() async {
        guard let lease = state.withLock({ $0.isLeaseOld ? nil : $0.lease }) else { return }
        do { _ = try await client.keepLease(lease) } catch let error as EtcdError {
            if error.code == .leaseNotFound { state.withLock { $0.isLeaseOld = true } }
        } catch {}
    }

    /// Takes the keys away, as the lease would after an hour.
    func close() async {
        guard let lease = state.withLock({ $0.isLeaseOld ? nil : $0.lease }) else { return }
        try? await client.revokeLease(lease)
    }

    // MARK: - Slots

    private func take() async throws -> Slot {
        let id = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        let slot: Slot? = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now: Slot?? = state.withLock { state in
                    if Task.isCancelled { return .some(nil) }
                    if let slot = state.free.popLast() { return slot }
                    guard state.waiting.count < maximumWaiting else { return .some(nil) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: nil)
        }
        guard let slot else { throw NamingError.storeBusy }
        return slot
    }

    private func give(_ slot: Slot) {
        let waiter = state.withLock { state -> CheckedContinuation<Slot?, Never>? in
            guard let first = state.waiting.keys.min() else {
                state.free.append(slot)
                return nil
            }
            return state.waiting.removeValue(forKey: first)
        }
        waiter?.resume(returning: slot)
    }

    private func renewed() -> Slot {
        state.withLock { state in
            defer { state.nextNumber += 1 }
            return Slot(number: state.nextNumber)
        }
    }
}

/// etcd's errors in words that an operator can act on.
enum EtcdFailure {
    static func namingError(_ error: any Error) -> any Error {
        switch error {
        case let error as NamingError: return error
        case let error as EtcdError:
            guard error.code == .unknownOutcome else { return NamingError.storeFailed(error.detail) }
            return NamingError.storeUncertain(error.detail)
        case is CancellationError: return NamingError.storeFailed("the call was given up")
        default: return NamingError.storeFailed("\(error)")
        }
    }
}
