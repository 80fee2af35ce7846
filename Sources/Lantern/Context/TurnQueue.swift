import Synchronization

/// Items on their way from any thread to one event loop, and the promise that somebody comes for them.
///
/// Whoever adds the first item wakes the loop; the others need not. While the loop works on a connection anyway it
/// may hold a *turn*: what is added meanwhile wakes nobody, since the end of the turn takes it.
package final class TurnQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        /// Somebody will take what is here.
        var isAwaited = false
        var isClosed = false
    }

    package enum Addition: Sendable {
        case added
        /// Added, and the caller has to wake the loop.
        case wakeLoop
        case refused
    }

    private let state = Mutex(State())

    package init() {}

    package func add(_ item: Item) -> Addition {
        state.withLock { state in
            if state.isClosed { return .refused }
            state.items.append(item)
            if state.isAwaited { return .added }
            state.isAwaited = true
            return .wakeLoop
        }
    }

    /// Everything that is here, in order; whoever adds next wakes the loop again.
    package func take() -> [Item] {
        state.withLock { state in
            state.isAwaited = false
            defer { state.items = [] }
            return state.items
        }
    }

    // MARK: - Turns

    /// From here to ``endTurn()`` nobody needs to wake the loop.
    package func beginTurn() { state.withLock { $0.isAwaited = true } }

    /// Exchanges everything that is here for an empty array, whose memory is used again.
    package func exchange(_ items: inout [Item]) {
        state.withLock { swap(&$0.items, &items) }
    }

    /// - Returns: whether something is left, and the caller has to wake the loop.
    package func endTurn() -> Bool {
        state.withLock { state in
            state.isAwaited = !state.items.isEmpty
            return state.isAwaited
        }
    }

    /// Refuses everything from now on.
    ///
    /// - Returns: what nobody will take any more.
    package func close() -> [Item] {
        state.withLock { state in
            state.isClosed = true
            defer { state.items = [] }
            return state.items
        }
    }
}
