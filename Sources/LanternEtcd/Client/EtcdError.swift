/// Why etcd, or the way to it, failed.
package struct EtcdError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case unreachable, deadlineExceeded, unknownOutcome, compacted, leaseNotFound, messageTooLarge
            case protocolViolation, refused, badSetting, closed
        }
        /// No endpoint could be reached, or none had a leader.
        package static let unreachable = Self(name: .unreachable)
        package static let deadlineExceeded = Self(name: .deadlineExceeded)
        /// The connection ended after a change was sent: whether it was made is not known.
        package static let unknownOutcome = Self(name: .unknownOutcome)
        /// The revision that was asked for is no longer kept.
        package static let compacted = Self(name: .compacted)
        package static let leaseNotFound = Self(name: .leaseNotFound)
        /// A message above ``EtcdLimits/message``, or a request above what etcd takes.
        package static let messageTooLarge = Self(name: .messageTooLarge)
        /// The server broke the rules of gRPC, HTTP/2 or Protocol Buffers.
        package static let protocolViolation = Self(name: .protocolViolation)
        /// etcd answered with an error.
        package static let refused = Self(name: .refused)
        package static let badSetting = Self(name: .badSetting)
        /// The client was closed.
        package static let closed = Self(name: .closed)
        private let name: Name
        package var description: String { name.rawValue }
    }

    package let code: Code
    /// For the operator's log; what a server wrote is cut to 256 characters.
    package let detail: String
    /// Of ``Code/compacted``: the oldest revision that is kept, where etcd said so.
    package let compactRevision: Int64?

    package init(_ code: Code, _ detail: String, compactRevision: Int64? = nil) {
        self.code = code
        self.detail = detail
        self.compactRevision = compactRevision
    }

    package var description: String { detail }

    static func damaged(_ what: String) -> EtcdError {
        EtcdError(.protocolViolation, "etcd sent a damaged message: \(what)")
    }
}
