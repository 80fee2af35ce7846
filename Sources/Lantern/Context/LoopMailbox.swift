package import NIOCore

/// Carries items from any thread to one receiver on an event loop: one wake-up for many items.
package final class LoopMailbox<Item: Sendable>: Sendable {
    package typealias Receiver = (_ items: [Item]) -> Void

    package let eventLoop: any EventLoop
    private let queue = TurnQueue<Item>()
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
        return queue.close()
    }

    /// Hands an item over, in order for each posting thread.
    ///
    /// - Returns: false when the mailbox is closed; the item was not taken.
    @discardableResult
    package func post(_ item: Item) -> Bool {
        switch queue.add(item) {
        case .added: return true
        case .refused: return false
        case .wakeLoop:
            wake()
            return true
        }
    }

    private func wake() {
        eventLoop.execute {
            let items = self.queue.take()
            if !items.isEmpty { self.receiver.value?(items) }
        }
    }

    // MARK: - Turns of the receiver

    package func beginTurn() { queue.beginTurn() }

    /// What was posted since the last look, for an empty array.
    package func exchange(_ items: inout [Item]) { queue.exchange(&items) }

    package func endTurn() {
        if queue.endTurn() { wake() }
    }
}
