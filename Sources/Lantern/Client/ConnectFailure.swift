import Glibc
import LanternTLS
import NIOCore
import NIOPosix

/// Turns what a connection failed with into an error that says what to do, and whether another try could help.
enum ConnectFailure {
    static func error(for error: any Error, address: String) -> any Error {
        switch error {
        case is LanternError, is CancellationError:
            return error
        case let error as TLSError:
            return LanternError(code(for: error.code), error.description, cause: error)
        default:
            return LanternError(.connectFailed, "cannot reach \(address): \(reason(for: error))")
        }
    }

    /// The operating system's words, without NIO's around them.
    private static func reason(for error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason(for: $0.error) } ?? "the host name is not known"
        case ChannelError.connectTimeout(let time): "no answer within \(Double(time.nanoseconds) / 1e9) s"
        default: "\(error)"
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
