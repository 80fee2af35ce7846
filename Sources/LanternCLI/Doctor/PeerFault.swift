import Lantern
import LanternTLS
import LanternTrust

/// What an error of a connection says about where the fault is.
struct PeerFault {
    let home: LanternHome
    let part: String

    func finding(_ error: any Error) -> DoctorFinding {
        if let cause = Self.cause(of: error, as: TLSError.self) { return tls(cause) }
        if let cause = Self.cause(of: error, as: TrustError.self) { return trust(cause) }
        guard let error = error as? LanternError else {
            return .wrong("peer-failed", part, ErrorText.text(of: error), status: ExitStatus(error))
        }
        return lantern(error)
    }

    private static func cause<Cause: Error>(of error: any Error, as type: Cause.Type) -> Cause? {
        var current: (any Error)? = error
        for _ in 0..<8 {
            if let found = current as? Cause { return found }
            current = (current as? LanternError)?.cause
        }
        return nil
    }

    private func lantern(_ error: LanternError) -> DoctorFinding {
        let text = error.detail
        return switch error.code {
        case .connectFailed:
            .wrong(
                "peer-unreachable", part, text,
                do: "is it running, are address and port right, does a firewall stand between?",
                status: .unavailable)
        case .timeout:
            .wrong(
                "peer-silent", part, text, do: "a firewall that drops packets, or a host that hangs",
                status: .unavailable)
        case .notFound:
            .wrong(
                "name-unknown", part, text, do: "`lantern nsc list` shows the names", status: .unavailable)
        // What our daemons say at CONNECT, of an object that is not there and of one that we have no right on.
        case .connectionRefused where text.hasSuffix("unknown object"): refusedByPolicy(text)
        case .authenticationFailed, .connectionRefused:
            .wrong(
                "peer-refused-key", part, text,
                do:
                    "there: keys/authorized must have our key \(home.ownKeyFile) for our identity, and its clock must be "
                    + "right; its log has the reason", status: .refused)
        case .notAllowed, .unknownObject: refusedByPolicy(text)
        default: .wrong("peer-failed", part, text, status: ExitStatus(error))
        }
    }

    private func refusedByPolicy(_ text: String) -> DoctorFinding {
        .wrong(
            "peer-refused-policy", part, text,
            do: "there: policy.yaml allows us nothing on this object, or there is none of this name",
            status: .refused)
    }

    /// The far side's handshake did not hold here.
    private func trust(_ error: TrustError) -> DoctorFinding {
        switch error.code {
        case .timeOutOfRange:
            .wrong(
                "clock-skew", part, error.detail, do: "let both hosts follow a time server", status: .refused)
        default:
            .wrong(
                "peer-key-unknown", part, error.detail, file: home.authorizedKeysDirectory,
                do: "`lantern trust` adds the key of a peer", status: .refused)
        }
    }

    private func tls(_ error: TLSError) -> DoctorFinding {
        guard error.peer != "this side" else {
            return .wrong("home-unusable", part, ErrorText.text(of: error), file: error.hint)
        }
        let (code, file, remedy): (String, String?, String) =
            switch error.code {
            case .expired: ("peer-expired", nil, "renew the peer's certificate")
            case .notYetValid: ("peer-not-yet-valid", nil, "one of the two clocks is wrong")
            case .unknownAuthority:
                (
                    "peer-unknown-authority", home.trustRootsFile,
                    "its root must be there, if it is to be trusted"
                )
            case .revoked: ("peer-revoked", home.crlFile, "it is revoked; it needs another certificate")
            case .revocationUnknown:
                (
                    "peer-list-missing", home.crlFile,
                    "there is no current list of its issuer: Scripts/certs/publish"
                )
            case .wrongHost:
                ("peer-wrong-name", nil, "call it by a name of its certificate, or issue it with this name")
            case .wrongIdentity:
                (
                    "peer-wrong-identity", home.settingsFile,
                    "somebody else answers there, or the setting is wrong"
                )
            case .refusedByPeer, .probablyRefused:
                (
                    "peer-refused-certificate", nil,
                    "there: trust/roots.pem, trust/crl.pem and the clock; \(error.hint)"
                )
            case .plaintext, .oldTLS:
                ("peer-no-tls", nil, "no Lantern program listens there, or the port is another's")
            case .handshakeTimeout: ("peer-silent", nil, "a host that hangs, or a firewall")
            case .incompatible: ("peer-incompatible", nil, error.hint)
            default: ("peer-tls", nil, error.hint)
            }
        let isAway = error.code == .handshakeTimeout
        return .wrong(
            code, part, error.detail, file: file, do: remedy, status: isAway ? .unavailable : .refused)
    }
}
