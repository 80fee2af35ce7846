import Lantern
import LanternTLS
import LanternTrust
import LanternWire

/// What is said about an error on standard error.
enum ErrorText {
    static func text(of error: any Error) -> String {
        switch error {
        case let error as CommandFailure: error.message
        case let error as LanternError: text(of: error)
        case let error as RemoteError: "the far side threw \(error.type): \(error.message)"
        case let error as TLSError: text(of: error)
        case let error as URIError:
            "\(error); a URI is PYRO:object@host:port, PYRONAME:name or PYROMETA:tag,tag"
        case let error as TrustError: error.detail
        case let error as AuditError: error.detail
        case let error as ValueError: error.detail
        default: "\(error)"
        }
    }

    private static func text(of error: LanternError) -> String {
        let hint = hint(for: error.code)
        guard let cause = error.cause, !error.detail.contains("(look at:") else { return error.detail + hint }
        let reason = text(of: cause)
        return (error.detail.contains(reason) ? error.detail : "\(error.detail): \(reason)") + hint
    }

    private static func text(of error: TLSError) -> String {
        let place = error.peer == "this side" ? "" : "\(error.peer): "
        return "\(place)\(error.detail) (look at: \(error.hint))"
    }

    private static func hint(for code: LanternError.Code) -> String {
        switch code {
        case .connectFailed: "; is it running, and is the address right?"
        case .notAllowed, .unknownObject, .connectionRefused:
            "; the log there has the reason (policy.yaml and keys/authorized decide)"
        case .notFound: "; `lantern nsc list` shows the names"
        default: ""
        }
    }
}
