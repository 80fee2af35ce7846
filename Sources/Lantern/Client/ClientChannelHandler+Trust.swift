import LanternTLS
import LanternTrust
import Logging
import NIOCore

/// A server that was accepted and is judged again while we are connected.
extension ClientChannelHandler {
    /// Puts the connection under the eyes of ``LiveTrust``.
    ///
    /// - Throws: ``LanternError/Code/authenticationFailed`` when the files changed since TLS was done, and the peer does
    ///   not pass the new ones.
    func admit(_ peer: AuthenticatedPeer) throws -> EpochStamp {
        guard let context,
            let chain = try context.pipeline.syncOperations.handler(type: TLSHandler.self).peerChain
        else { throw LanternError(.connectionLost, "the connection is closed") }
        let stamp = EpochStamp(epoch)
        let link = self.link
        let live = LivePeer(chain: chain, peer: peer, role: .server, stamp: stamp, epoch: epoch) { notice in
            if case .renew = notice { link.wantRenewal() } else { link.mailbox.post(.trust(notice)) }
        }
        do { try references.client.trust.admit(live, as: id, tlsEpoch: epoch) } catch {
            throw distrust(error)
        }
        return stamp
    }

    func trustChanged(_ notice: TrustNotice) {
        switch notice {
        case .renew: break
        case .policyChanged: callbacks?.policyChanged()
        case .refused(let refusal):
            references.client.logger.notice(
                "server no longer trusted",
                metadata: ["address": "\(handshake.address)", "reason": "\(refusal.detail)"])
            fail(distrust(refusal))
        }
    }

    private func distrust(_ refusal: TrustRefusal) -> LanternError {
        LanternError(
            .authenticationFailed, "\(handshake.address) is not trusted any more", cause: refusal.cause)
    }
}
