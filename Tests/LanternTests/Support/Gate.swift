import Synchronization

/// Lets a test wait for something that happens elsewhere, without sleeping.
final class Gate: Sendable {
    private struct State {
        var opened: Set<String> = []
        var waiting: [UInt64: (name: String, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<UInt64> = []
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    func open(_ name: String) {
        let ready = state.withLock { state in
            state.opened.insert(name)
            let ready = state.waiting.filter { $0.value.name == name }
            for id in ready.keys { state.waiting[id] = nil }
            return ready.values.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    func isOpen(_ name: String) -> Bool { state.withLock { $0.opened.contains(name) } }

    func wait(_ name: String) async throws {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.contains(id) { return .failure(CancellationError()) }
                    if state.opened.contains(name) { return .success(()) }
                    state.waiting[id] = (name, continuation)
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.cancelled.insert(id)
                return state.waiting.removeValue(forKey: id)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }
}
