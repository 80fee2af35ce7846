import LanternTLS
import NIOCore

/// Turns what a connection attempt failed with into an error that says what to do.
enum ConnectFailure {
    static func error(for error: any Error, address: String) -> any Error {
        switch error {
        case is LanternError, is CancellationError:
            return error
        case let error as TLSError:
            return LanternError(
                error.code == .truncated ? .connectionLost : .authenticationFailed, error.description,
                cause: error)
        default:
            return LanternError(.connectFailed, "cannot reach \(address)", cause: error)
        }
    }
}
