import NIOCore
import Synchronization

/// What a connection's handler and its user share: the way in, and whether to use it for new calls.
final class ConnectionLink: Sendable {
    let mailbox: LoopMailbox<ClientChannelHandler.Message>
    /// For tasks that prefer to run where the connection lives.
    let executor: LoopExecutor
    private let usable = Atomic(true)

    private struct Renewal {
        var isWanted = false
        var handler: (@Sendable () -> Void)?
    }

    private let renewal = Mutex(Renewal())

    init(eventLoop: any EventLoop) {
        mailbox = LoopMailbox(eventLoop: eventLoop)
        executor = LoopExecutor(eventLoop)
    }

    var isUsable: Bool { usable.load(ordering: .acquiring) }

    /// The connection should be followed by a new one.
    func wantRenewal() {
        let handler = renewal.withLock { renewal in
            renewal.isWanted = renewal.handler == nil
            return renewal.handler
        }
        handler?()
    }

    /// Names who makes the new connection; called at once when it is wanted already.
    func onRenewal(_ handler: @escaping @Sendable () -> Void) {
        let isWanted = renewal.withLock { renewal in
            renewal.handler = handler
            defer { renewal.isWanted = false }
            return renewal.isWanted
        }
        if isWanted { handler() }
    }

    /// No new calls here.
    func retire() { usable.store(false, ordering: .releasing) }
}
