import NIOCore

/// Where a call that runs on the event loop leaves its answer when it ends before its start has returned.
///
/// Unchecked, because its members are touched on the event loop only: a call that ends elsewhere is turned away
/// before it looks at them.
final class ImmediateAnswer: @unchecked Sendable {
    private let eventLoop: any EventLoop
    private var isOpen = true
    private var outcome: CallExecution.Outcome?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// - Returns: false when it is too late, or not the event loop that asks; the answer was not taken.
    func take(_ outcome: CallExecution.Outcome) -> Bool {
        guard eventLoop.inEventLoop, isOpen else { return false }
        self.outcome = outcome
        return true
    }

    /// Takes no answer any more, and gives the one that came.
    func close() -> CallExecution.Outcome? {
        isOpen = false
        return outcome
    }
}
