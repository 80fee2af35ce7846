import LanternTLS
import LanternTrust

/// Why a peer that is connected would not get in any more.
struct TrustRefusal: Error, Sendable {
    let cause: any Error

    /// For the log.
    var detail: String {
        switch cause {
        case let error as TLSError: "\(error.detail) (look at: \(error.hint))"
        case let error as TrustError: error.detail
        default: "\(cause)"
        }
    }

    /// What the peer is told: no more than an alert or a refused handshake would tell it.
    var textForPeer: String {
        switch (cause as? TLSError)?.code {
        case nil: (cause as? TrustError)?.peerMessage ?? "authentication failed"
        case .expired?: "your certificate has expired"
        case .revoked?: "your certificate is revoked"
        case .revocationUnknown?: "your certificate cannot be checked for revocation"
        default: "your certificate is not accepted any more"
        }
    }
}
