/// Why a value could not be written or read.
public struct ValueError: Error, Sendable, Hashable {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case malformed, truncated, limitExceeded, notRepresentable, unsupported, wrongType, badCall
        }
        /// The bytes are not what the format allows.
        public static let malformed = Self(name: .malformed)
        /// The bytes end before the value does, or announce more than is there.
        public static let truncated = Self(name: .truncated)
        /// Depth, count, size or digits are over ``DecodingLimits``.
        public static let limitExceeded = Self(name: .limitExceeded)
        /// The format has no form for this value.
        public static let notRepresentable = Self(name: .notRepresentable)
        /// The format knows it, Lantern refuses it: code objects, unknown extensions, unhashable keys.
        public static let unsupported = Self(name: .unsupported)
        /// The value is well formed but of another type than the receiver asked for.
        public static let wrongType = Self(name: .wrongType)
        /// The call body does not have the four parts of a Pyro call, or its arguments do not fit the method.
        public static let badCall = Self(name: .badCall)

        private let name: Name
        public var description: String { name.rawValue }
    }

    public let code: Code
    /// What was expected and what came; never the payload itself.
    public let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package static func notRepresentable(_ what: String, in format: SerializerFormat) -> Self {
        Self(.notRepresentable, "\(what) cannot be written in \(format.rawValue)")
    }

    package static func tooDeep(limit: Int) -> Self {
        Self(.limitExceeded, "more than \(limit) nested containers")
    }

    package static func malformed(_ detail: String) -> Self { Self(.malformed, detail) }
    package static func truncated(_ detail: String) -> Self { Self(.truncated, detail) }
    @usableFromInline
    package static func wrongType(expected: String, found: String) -> Self {
        Self(.wrongType, "expected \(expected), found \(found)")
    }
}

extension ValueError: CustomStringConvertible {
    public var description: String { "\(code): \(detail)" }
}
