package import NIOCore
import Synchronization

/// Carries items from any thread to one receiver on an event loop: one wake-up for many items.
package final class LoopMailbox<Item: Sendable>: Sendable {
    package typealias Receiver = (_ items: [Item]) -> Void

    private struct State {
        var items: [Item] = []
        var isScheduled = false
        var isClosed = false
    }

    package let eventLoop: any EventLoop
    private let state = Mutex(State())
    private let receiver: NIOLoopBoundBox<Receiver?>

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        receiver = NIOLoopBoundBox.makeEmptyBox(valueType: Receiver.self, eventLoop: eventLoop)
    }

    /// Names who receives; only on the event loop.
    package func open(_ receiver: @escaping Receiver) {
        self.receiver.value = receiver
    }

    /// Forgets the receiver and whatever is still under way; only on the event loop.
    ///
    /// - Returns: the items that nobody will receive any more.
    package func close() -> [Item] {
        receiver.value = nil
        return state.withLock { state in
            state.isClosed = true
            defer { state.items = [] }
            return state.items
        }
    }

    /// Hands an item over, in order for each posting thread.
    ///
    /// - Returns: false when the mailbox is closed; the item was not taken.
    @discardableResult
    package func post(_ item: Item) -> Bool {
        let outcome = state.withLock { state -> (taken: Bool, wake: Bool) in
            if state.isClosed { return (false, false) }
            state.items.append(item)
            if state.isScheduled { return (true, false) }
            state.isScheduled = true
            return (true, true)
        }
        if outcome.wake { eventLoop.execute { self.drain() } }
        return outcome.taken
    }

    private func drain() {
        let items = state.withLock { state in
            state.isScheduled = false
            defer { state.items = [] }
            return state.items
        }
        if !items.isEmpty { receiver.value?(items) }
    }
}
