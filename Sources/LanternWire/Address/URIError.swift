/// Why a text is not a Pyro URI.
public struct URIError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String { case malformed, badScheme, badObject, badHost, badPort, badPath }
        /// Not `SCHEME:object@location` at all.
        public static let malformed = Self(name: .malformed)
        /// Not PYRO, PYRONAME or PYROMETA.
        public static let badScheme = Self(name: .badScheme)
        /// An object name or tag that is empty or has characters which it cannot have.
        public static let badObject = Self(name: .badObject)
        /// A host that is empty, or an IPv6 address that is none.
        public static let badHost = Self(name: .badHost)
        /// No port where one is needed, not a number, or not in 1…65535.
        public static let badPort = Self(name: .badPort)
        /// A socket path that is empty or has a colon in it.
        public static let badPath = Self(name: .badPath)

        private let name: Name
        public var description: String { name.rawValue }
    }

    public let code: Code
    /// What was expected; never the text itself.
    public let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String { "\(code): \(detail)" }
}
