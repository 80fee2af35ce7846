import Synchronization

/// How many handlers may run at once in one daemon.
///
/// Connections that got no place are told to try again when one is free. All of them are: a connection that has
/// ended meanwhile must not swallow the only notice.
package final class HandlerBudget: Sendable {
    private struct State {
        var free: Int
        var waiting: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>

    package init(maximum: Int) {
        state = Mutex(State(free: max(1, maximum)))
    }

    /// Takes a place, or notes who wants to know when one is free.
    package func tryTake(orNotify notify: @autoclosure () -> @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.waiting.append(notify())
            return false
        }
    }

    package func give() {
        let waiting = state.withLock { state in
            state.free += 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for notify in waiting { notify() }
    }
}
