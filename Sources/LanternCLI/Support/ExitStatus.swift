import ArgumentParser
import Lantern
import LanternTLS
import LanternTrust
import LanternWire

/// How the program ends, in the numbers of `sysexits.h` where they fit.
enum ExitStatus: Int32 {
    /// The far side threw, or what was asked for could not be done.
    case failed = 1
    /// The command line makes no sense.
    case usage = 64
    /// Nobody is there, or the answer did not come in time.
    case unavailable = 69
    /// A certificate, a handshake key or the policy does not allow it.
    case refused = 77
    /// A file in the lantern home is missing or wrong.
    case configuration = 78

    init(_ error: any Error) {
        self =
            switch error {
            case let error as CommandFailure: error.status
            case let error as LanternError: Self(error)
            case let error as RemoteError: error.isA("SecurityError") ? .refused : .failed
            case let error as TLSError: error.peer == "this side" ? .configuration : .refused
            case let error as AuditError: error.code == .refused ? .failed : .configuration
            case is TrustError: .configuration
            case is URIError: .usage
            default: .failed
            }
    }

    private init(_ error: LanternError) {
        self =
            switch error.code {
            case .connectFailed, .connectionLost, .timeout, .shuttingDown, .overloaded, .quotaExceeded:
                .unavailable
            case .authenticationFailed, .connectionRefused, .notAllowed: .refused
            case .configuration: .configuration
            case .misuse: .usage
            default: .failed
            }
    }
}
