import NIOCore
import Synchronization

/// How many handlers may run at once in one daemon.
///
/// Whoever finds no place waits in line, and a place that is given back goes to the first of them: a busy connection
/// cannot take it again before the others had their turn.
package final class HandlerBudget: Sendable {
    /// Takes over a place; false when the one who asked is gone, so that the next in line gets it.
    package typealias Waiter = @Sendable () -> Bool

    private struct State {
        var free: Int
        /// Places taken beyond the maximum.
        var overdrawn = 0
        var waiting = CircularBuffer<Waiter>()
    }

    private let maximum: Int
    private let state: Mutex<State>

    package init(maximum: Int) {
        self.maximum = max(1, maximum)
        state = Mutex(State(free: self.maximum))
    }

    /// Places that are taken.
    package var inUse: Int { state.withLock { maximum - $0.free + $0.overdrawn } }

    /// Takes a place, or queues up for one: the waiter is then called with the place already taken.
    package func tryTake(orWait waiter: @autoclosure () -> Waiter) -> Bool {
        state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.waiting.append(waiter())
            return false
        }
    }

    /// Takes a place whether there is one or not: for a call that another one, which has a place, waits for.
    package func overdraw() {
        state.withLock { state in
            if state.free > 0 { state.free -= 1 } else { state.overdrawn += 1 }
        }
    }

    package func give() {
        while let waiter = nextInLine() {
            if waiter() { return }
        }
    }

    /// - Returns: nil when nobody waits; the place is free then.
    private func nextInLine() -> Waiter? {
        state.withLock { state in
            if state.overdrawn > 0 {
                state.overdrawn -= 1
                return nil
            }
            if let next = state.waiting.popFirst() { return next }
            state.free += 1
            return nil
        }
    }
}
