import LanternWire
import NIOCore

/// Whether a connection that is to end may have calls under way that we did not see yet.
enum DrainFence { case open, asked, passed }

/// The end of a connection whose daemon shuts down.
extension ServerConnection {
    /// Tells the ping behind a drain notice from those of the keep-alive, which have the number 0.
    private static let drainPing: UInt16 = 1

    /// Asks a Lantern peer for no new calls: it closes once it has its answers, and what it sent before it read the
    /// notice is still served. The ping behind the notice comes back when it has read both; who answers none is
    /// waited for a little, and closed when it has nothing running. A Pyro peer, which cannot be asked, is closed
    /// when its running calls are done.
    func drain() {
        guard !isDraining, let context else { return }
        isDraining = true
        guard speaks(.drainNotice) else { return passDrainFence() }
        drainFence = .asked
        let version = decoder.version ?? .v502
        send(.drain(version: version))
        if speaks(.keepAlive) { send(.ping(version: version, sequence: Self.drainPing)) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let grace = min(core.limits.drainGrace, core.limits.drainTimeout)
        context.eventLoop.scheduleTask(in: TimeAmount(grace)) { bound.value.passDrainFence() }
    }

    private func passDrainFence() {
        drainFence = .passed
        closeIfDrained()
    }

    func closeIfDrained() {
        guard isDraining, case .passed = drainFence, running.isEmpty, parked.isEmpty else { return }
        if pushed?.isIdle ?? true { closeSoftly() }
    }

    func receivedPing(_ frame: Frame) {
        guard frame.isPong else { return send(.pong(answering: frame)) }
        // It answers ours: what the peer sent before it saw the drain notice is here by now.
        guard case .asked = drainFence, frame.sequence == Self.drainPing else { return }
        passDrainFence()
    }

    func speaks(_ feature: LanternAnnouncement.Features) -> Bool {
        guard case .lantern(let announcement) = judge?.kind else { return false }
        return announcement.features.contains(feature)
    }
}
