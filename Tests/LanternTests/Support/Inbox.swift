import Synchronization

/// A queue between an event loop and a test: what comes in is waited for, never polled.
final class Inbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var isEnded = false
        var waiting: CheckedContinuation<Item?, Never>?
    }

    private let state = Mutex(State())

    func put(_ item: Item) {
        let waiter = state.withLock { state -> CheckedContinuation<Item?, Never>? in
            guard let waiter = state.waiting else {
                state.items.append(item)
                return nil
            }
            state.waiting = nil
            return waiter
        }
        waiter?.resume(returning: item)
    }

    /// What came and was not taken yet.
    var count: Int { state.withLock { $0.items.count } }

    func end() {
        let waiter = state.withLock { state in
            state.isEnded = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiter?.resume(returning: nil)
    }

    /// - Returns: nil when nothing more will come. One task at a time.
    func next() async -> Item? {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state -> Item?? in
                if !state.items.isEmpty { return .some(state.items.removeFirst()) }
                if state.isEnded { return .some(nil) }
                state.waiting = continuation
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }
}
