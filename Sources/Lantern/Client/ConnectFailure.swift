import LanternTLS
import NIOCore

/// Turns what a connection failed with into an error that says what to do, and whether another try could help.
enum ConnectFailure {
    static func error(for error: any Error, address: String) -> any Error {
        switch error {
        case is LanternError, is CancellationError:
            return error
        case let error as TLSError:
            return LanternError(code(for: error.code), error.description, cause: error)
        default:
            return LanternError(.connectFailed, "cannot reach \(address)", cause: error)
        }
    }

    private static func code(for code: TLSError.Code) -> LanternError.Code {
        switch code {
        case .truncated, .connectionLost: .connectionLost
        case .handshakeTimeout: .timeout
        case .closedDuringHandshake: .connectFailed
        default: .authenticationFailed
        }
    }
}
