import Synchronization

/// Opens once; who waits for it may be cancelled.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        /// Cancelled before they began to wait.
        var gone: Set<UInt64> = []
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiter in waiting { waiter.resume() }
    }

    /// - Throws: `CancellationError`.
    func wait() async throws {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let now = state.withLock { state -> Result<Void, any Error>? in
                    if state.gone.remove(id) != nil { return .failure(CancellationError()) }
                    if state.isOpen { return .success(()) }
                    state.waiting[id] = waiter
                    return nil
                }
                if let now { waiter.resume(with: now) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                if let waiter = state.waiting.removeValue(forKey: id) { return waiter }
                if !state.isOpen { state.gone.insert(id) }
                return nil
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
