/// What went wrong between two ends, other than an error that the far side's method threw (``RemoteError``).
public struct LanternError: Error, Sendable {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case connectFailed, connectionLost, connectionRefused, authenticationFailed, timeout,
                protocolViolation
            case notAllowed, unknownObject, notFound, notSupported, misuse, configuration, serialization
            case shuttingDown, overloaded, alreadyRegistered, auditUnavailable
            case messageTooLarge, serializerRefused, quotaExceeded
        }
        /// No connection could be made: address, network, or nobody listening.
        public static let connectFailed = Self(name: .connectFailed)
        /// The connection ended while the call was under way; whether the far side ran it is not known.
        public static let connectionLost = Self(name: .connectionLost)
        /// The far side answered the handshake with a refusal.
        public static let connectionRefused = Self(name: .connectionRefused)
        /// The far side's certificate or signed handshake did not hold.
        public static let authenticationFailed = Self(name: .authenticationFailed)
        /// The deadline passed.
        public static let timeout = Self(name: .timeout)
        /// The far side sent what the protocol does not allow.
        public static let protocolViolation = Self(name: .protocolViolation)
        /// The policy does not let this identity do that.
        public static let notAllowed = Self(name: .notAllowed)
        public static let unknownObject = Self(name: .unknownObject)
        /// A name that the name server does not know.
        public static let notFound = Self(name: .notFound)
        public static let notSupported = Self(name: .notSupported)
        /// Our caller used the API in a way that it does not allow.
        public static let misuse = Self(name: .misuse)
        /// A file or setting is missing or wrong; the detail names it.
        public static let configuration = Self(name: .configuration)
        /// A value could not be written or read.
        public static let serialization = Self(name: .serialization)
        public static let shuttingDown = Self(name: .shuttingDown)
        /// A limit on connections, calls or streams is reached.
        public static let overloaded = Self(name: .overloaded)
        /// The caller has used up its quota; the detail says which and when to try again.
        public static let quotaExceeded = Self(name: .quotaExceeded)
        public static let alreadyRegistered = Self(name: .alreadyRegistered)
        /// The object does not speak the call's serializer.
        public static let serializerRefused = Self(name: .serializerRefused)
        /// A message is over a limit that an object has of its own.
        public static let messageTooLarge = Self(name: .messageTooLarge)
        /// The audit log cannot be written, so the operation was not done.
        public static let auditUnavailable = Self(name: .auditUnavailable)

        private let name: Name
        public var description: String { name.rawValue }
    }

    public let code: Code
    /// What happened, and what to do about it, for a person.
    public let detail: String
    /// What caused it, when another layer did.
    public let cause: (any Error)?

    public init(_ code: Code, _ detail: String, cause: (any Error)? = nil) {
        self.code = code
        self.detail = detail
        self.cause = cause
    }
}

extension LanternError: CustomStringConvertible {
    public var description: String {
        guard let cause else { return "\(code): \(detail)" }
        return "\(code): \(detail) (\(cause))"
    }
}
