import LanternWire
import NIOCore

/// A peer that says nothing: looked at when the connection was quiet for a while, and after a call that had no answer.
extension ClientChannelHandler {
    func watchPeer(after time: Duration) {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        keepAliveTimer = context.eventLoop.scheduleTask(in: TimeAmount(time)) { bound.value.lookAtPeer() }
    }

    /// A Pyro daemon answers nothing while it works on a call, and calls in line wait behind a ping; TCP's own probes
    /// watch it meanwhile.
    private func lookAtPeer() {
        guard let context, failure == nil else { return }
        if isRetired { closeIfDrained() }
        let isBusy = !kind.isLantern && !(session.isEmpty || keepAlive.isAsking)
        switch keepAlive.look(isExcused: isBusy || outgoing.isMoving(on: context.channel), canAsk: true) {
        case .nothing: watchPeer(after: keepAliveSettings.tick)
        case .ask:
            send(
                .ping(version: handshake.version, sequence: session.send(PendingCall.probe)))
            flush()
            watchPeer(after: keepAliveSettings.patience)
        case .giveUp:
            fail(LanternError(.connectionLost, "\(handshake.address) gives no sign of life"))
        }
    }

    /// Asks for a sign of life after a timeout: a slow handler gives one at once, a dead network none, and then the
    /// connection must not be used for ever.
    func startProbe() {
        guard probe == nil, kind.isLantern, let context, failure == nil else { return }
        send(.ping(version: handshake.version, sequence: session.send(PendingCall.probe)))
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        probe = context.eventLoop.scheduleTask(in: TimeAmount(handshake.probeTimeout)) {
            bound.value.probeFailed()
        }
    }

    /// New calls go elsewhere. Those that still wait keep their chance until their own deadlines: a peer with its
    /// hands full reads no ping either.
    private func probeFailed() {
        probe = nil
        link.retire()
        if !session.waiting.contains(where: { $0.continuation != nil }) {
            fail(LanternError(.connectionLost, "\(handshake.address) does not answer any more"))
        }
    }

    func endProbe() {
        probe?.cancel()
        probe = nil
    }
}
