import NIOCore
import Synchronization

/// The latest changes of a store, for watchers: each picks up where it was, as long as that is still there.
///
/// Bounded: the oldest steps go when there are more than ``limit`` events, and who asks for what is gone is told so.
public final class ChangeHistory: Sendable {
    /// Events that are kept at most; the newest step is kept whatever its size.
    public let limit: Int
    /// Which store this is the history of: another one after a restore, so that nobody compares their revisions.
    public let incarnation: String
    private let state: Mutex<State>

    private struct State {
        var sets = CircularBuffer<NameChangeSet>()
        var events = 0
        var current: Int64
        /// The newest revision that is no longer there.
        var compacted: Int64
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    init(limit: Int, incarnation: String, current: Int64 = 0, compacted: Int64 = 0) {
        self.limit = max(1, limit)
        self.incarnation = incarnation
        state = Mutex(State(current: current, compacted: compacted))
    }

    /// The revision of the latest step.
    public var current: Int64 { state.withLock { $0.current } }

    /// The revision after which everything is still there.
    public var compacted: Int64 { state.withLock { $0.compacted } }

    /// Adds steps in their order and wakes those who wait.
    func append(_ sets: [NameChangeSet], upTo revision: Int64) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            for set in sets where !set.events.isEmpty {
                state.sets.append(set)
                state.events &+= set.events.count
            }
            while state.events > limit, state.sets.count > 1, let oldest = state.sets.popFirst() {
                state.events &-= oldest.events.count
                state.compacted = oldest.revision
            }
            state.current = max(state.current, revision)
            guard !sets.isEmpty else { return [] }
            defer { state.waiters.removeAll(keepingCapacity: true) }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Goes on at a revision without what came before: watchers are told to list again.
    func skip(to revision: Int64) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.sets.removeAll()
            state.events = 0
            state.current = max(state.current, revision)
            state.compacted = state.current
            defer { state.waiters.removeAll(keepingCapacity: true) }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Steps after a revision, oldest first, whole ones.
    ///
    /// - Parameter events: about how many events; at least one step.
    /// - Throws: ``NamingError/Code/compacted`` when some of them are no longer there, or the revision is of the
    ///   future.
    public func changes(after revision: Int64, events maximum: Int = 256) throws -> [NameChangeSet] {
        try state.withLock { state in
            guard revision >= state.compacted, revision <= state.current else {
                throw NamingError.compacted(revision, kept: state.compacted, current: state.current)
            }
            var found: [NameChangeSet] = []
            var events = 0
            var index = state.sets.firstIndex(after: revision)
            while index < state.sets.endIndex, events < maximum {
                let set = state.sets[index]
                found.append(set)
                events &+= set.events.count
                index = state.sets.index(after: index)
            }
            return found
        }
    }

    /// Returns when there is something after the revision.
    ///
    /// - Throws: `CancellationError`.
    public func wait(after revision: Int64) async throws {
        let id = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    let newest = state.sets.last?.revision ?? state.compacted
                    if newest > revision || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        try Task.checkCancellation()
    }

    /// How many wait now.
    package var waiting: Int { state.withLock { $0.waiters.count } }
}

extension CircularBuffer<NameChangeSet> {
    /// The place of the first step with a greater revision.
    fileprivate func firstIndex(after revision: Int64) -> Index {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if self[index(startIndex, offsetBy: middle)].revision <= revision {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return index(startIndex, offsetBy: low)
    }
}
