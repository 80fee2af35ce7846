import NIOCore
import Synchronization

/// The pollers of a daemon or client, one for each event loop that has connections.
final class Pollers: Sendable {
    /// What ``Settings/polling`` may be.
    static let range = Duration.microseconds(1)...Duration.milliseconds(1)

    let limit: TimeAmount
    let known = Mutex<[ObjectIdentifier: NIOLoopBound<LoopPoller>]>([:])

    /// - Parameter limit: nil when polling is off.
    /// - Throws: ``LanternError/Code/configuration``.
    init?(limit: Duration?) throws {
        guard let limit else { return nil }
        guard Self.range.contains(limit) else {
            throw LanternError(
                .configuration,
                "polling of \(limit) is out of bounds; take one microsecond to one millisecond, or none")
        }
        self.limit = TimeAmount(limit)
    }

    /// Adds to a new connection what watches its traffic; on its event loop, before TLS is added.
    func watch(_ channel: any Channel) throws {
        let handler = PollingHandler(poller: poller(of: channel.eventLoop), limit: limit)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    private func poller(of eventLoop: any EventLoop) -> LoopPoller {
        // On the loop: what it stands for stays on it.
        let bound = known.withLock { known in
            let id = ObjectIdentifier(eventLoop)
            if let poller = known[id] { return poller }
            let poller = NIOLoopBound(LoopPoller(eventLoop: eventLoop), eventLoop: eventLoop)
            known[id] = poller
            return poller
        }
        return bound.value
    }
}
