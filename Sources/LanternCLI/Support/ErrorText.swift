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
        case let error as TrustError: error.detail
        case let error as AuditError: error.detail
        case let error as ValueError: error.detail
        default: "\(error)"
        }
    }

    private static func text(of error: LanternError) -> String {
        guard let cause = error.cause, !error.detail.contains("(look at:") else {
            return error.detail + hint(for: error.code)
        }
        let reason = text(of: cause)
        return (error.detail == reason ? reason : "\(error.detail): \(reason)") + hint(for: error.code)
    }

    private static func text(of error: TLSError) -> String {
        let place = error.peer == "this side" ? "" : "\(error.peer): "
        return "\(place)\(error.detail) (look at: \(error.hint))"
    }

    private static func hint(for code: LanternError.Code) -> String {
        switch code {
        case .connectFailed: "; is it running, and is the address right?"
        case .notAllowed, .unknownObject:
            "; if the object is there, the policy.yaml on its host has no rule that lets you call it"
        case .notFound: "; `lantern nsc list` shows the names"
        default: ""
        }
    }
}
