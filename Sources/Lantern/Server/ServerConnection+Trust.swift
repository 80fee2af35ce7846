import CoreMetrics
import LanternTLS
import LanternTrust
import LanternWire
import Logging
import NIOCore

/// A peer that was let in and is judged again while it is connected.
extension ServerConnection {
    /// Puts the connection under the eyes of ``LiveTrust``.
    ///
    /// - Parameter keyEpoch: the epoch whose keyring believed the peer's proof.
    /// - Throws: ``TrustRefusal`` when the files changed since TLS was done, and the peer does not pass the new ones.
    func admit(_ peer: AuthenticatedPeer, keyEpoch: TrustEpoch) throws -> EpochStamp {
        guard let context,
            let chain = try context.pipeline.syncOperations.handler(type: TLSHandler.self).peerChain
        else { throw LanternError(.connectionLost, "the connection is closed") }
        let stamp = EpochStamp(keyEpoch)
        let mailbox = self.mailbox
        let live = LivePeer(chain: chain, peer: peer, role: .client, stamp: stamp, epoch: keyEpoch) {
            mailbox.post(.trust($0))
        }
        try core.trust.admit(live, as: id, tlsEpoch: epoch)
        return stamp
    }

    func trustChanged(_ notice: TrustNotice) {
        guard case .open = session.state else { return }
        switch notice {
        case .renew:
            guard !isDraining, speaks(.drainNotice) else { return }
            send(.renewal(version: decoder.version ?? .v502))
        case .refused(let refusal):
            endDistrusted(refusal.textForPeer, log: refusal.detail)
        case .policyChanged: heedPolicy()
        }
    }

    /// Ends the connection when a call or stream runs that was allowed by rules that do not count any more.
    ///
    /// - Returns: whether it did.
    @discardableResult func heedPolicy() -> Bool {
        guard let judge, case .open = session.state, judge.followPolicy(), isBusy else { return false }
        endDistrusted("the policy has changed", log: "the policy forbids what may be under way")
        return true
    }

    private var isBusy: Bool {
        !running.isEmpty || !(pushed?.isIdle ?? true) || core.streams.hasStreams(of: id)
    }

    /// Ends the connection at once. A Lantern peer is told why; its calls under way end with the connection.
    private func endDistrusted(_ text: String, log: String) {
        logger.notice(
            "peer no longer trusted",
            metadata: ["identity": "\(judge?.peer.identity.description ?? "?")", "reason": "\(log)"])
        core.meters?.distrusted.increment()
        if speaks(.drainNotice) { send(.drain(version: decoder.version ?? .v502, reason: text)) }
        for call in running.values { call.task.cancel() }
        core.streams.close(of: id)
        end(nil)
    }
}
