import LanternWire
import NIOCore

/// A peer that says nothing.
extension ServerConnection {
    func watchPeer(after time: Duration) {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        keepAliveTimer = context.eventLoop.scheduleTask(in: TimeAmount(time)) { bound.value.lookAtPeer() }
    }

    private func lookAtPeer() {
        guard let context, case .open(_, let kind) = session.state else { return }
        let settings = core.keepAlive
        let canAsk = kind.isLantern && speaks(.keepAlive)
        // Not read because of us; when the peer does not take its answers, the silence is its own.
        let isDeaf = readIsPending && context.channel.isWritable
        // While nothing is read the peer's own questions stay unanswered; this tells it that somebody is here.
        if isDeaf, canAsk { send(.ping(version: decoder.version ?? .v502, sequence: 0)) }
        let isMoving = outgoing.isMoving(on: context.channel)
        let isExcused = isDeaf || isMoving
        // Looks may come more often than the interval asks for.
        let isDue = core.lookInterval * (keepAlive.silence + 1) >= settings.interval
        switch keepAlive.look(isExcused: isExcused, canAsk: canAsk && isDue) {
        case .nothing:
            guard canAsk || !isOverdue(core.lookInterval * keepAlive.silence) else { return }
            watchPeer(after: core.lookInterval)
        case .ask:
            send(.ping(version: decoder.version ?? .v502, sequence: 0))
            watchPeer(after: settings.patience)
        case .giveUp: end("the peer gives no sign of life")
        }
        flush()
    }

    /// A peer that cannot be asked is closed when it stops in the middle of a message, or does nothing for longer
    /// than it may.
    private func isOverdue(_ silence: Duration) -> Bool {
        if decoder.isInsideFrame, silence >= core.keepAlive.interval + core.keepAlive.timeout {
            end("a message was begun and not finished")
            return true
        }
        if let limit = core.limits.idleTimeout, silence >= limit, running.isEmpty, parked.isEmpty {
            end("nothing came for the time of limits.idle-timeout")
            return true
        }
        return false
    }
}
