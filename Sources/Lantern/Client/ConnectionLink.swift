import NIOCore
import Synchronization

/// What a connection's handler and its user share: the way in, and whether to use it for new calls.
final class ConnectionLink: Sendable {
    let mailbox: LoopMailbox<ClientChannelHandler.Message>
    /// For tasks that prefer to run where the connection lives.
    let executor: LoopExecutor
    private let usable = Atomic(true)

    init(eventLoop: any EventLoop) {
        mailbox = LoopMailbox(eventLoop: eventLoop)
        executor = LoopExecutor(eventLoop)
    }

    var isUsable: Bool { usable.load(ordering: .acquiring) }

    /// No new calls here.
    func retire() { usable.store(false, ordering: .releasing) }
}
