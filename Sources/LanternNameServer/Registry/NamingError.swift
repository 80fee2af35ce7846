public import Lantern

/// Why the name server refuses, with the text that Pyro gives and the exception class that a Python peer gets.
public struct NamingError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String, CaseIterable {
            case unknownName, alreadyRegistered, invalidRegex, severalFilters, wrongType, invalidURI
            case reserved, notOwner, tooLong, tooManyTags, storeFull, tooManyResults, tooMuchWork
            case storeFailed, leaseLost, tooManyLeases, compacted, unreachable, notAllowed, exclusive
            case invalidLease, tooManyNames
        }
        public static let unknownName = Self(name: .unknownName)
        public static let alreadyRegistered = Self(name: .alreadyRegistered)
        public static let invalidRegex = Self(name: .invalidRegex)
        public static let severalFilters = Self(name: .severalFilters)
        public static let wrongType = Self(name: .wrongType)
        public static let invalidURI = Self(name: .invalidURI)
        /// The name belongs to the name server itself.
        public static let reserved = Self(name: .reserved)
        /// Another identity registered the name.
        public static let notOwner = Self(name: .notOwner)
        /// A name, URI, tag or pattern above its limit.
        public static let tooLong = Self(name: .tooLong)
        public static let tooManyTags = Self(name: .tooManyTags)
        /// The store has as many names as it may.
        public static let storeFull = Self(name: .storeFull)
        /// The answer would be above ``ResultLimits``.
        public static let tooManyResults = Self(name: .tooManyResults)
        /// The regex would take more steps than ``ResultLimits/regexSteps``.
        public static let tooMuchWork = Self(name: .tooMuchWork)
        /// The store could not read or write: the disk, or another program.
        public static let storeFailed = Self(name: .storeFailed)
        /// The lease ended, or never was: who held it must stop serving.
        public static let leaseLost = Self(name: .leaseLost)
        public static let tooManyLeases = Self(name: .tooManyLeases)
        /// The changes that were asked for are no longer kept: list again and watch from there.
        public static let compacted = Self(name: .compacted)
        /// The address in the URI means something else on other hosts.
        public static let unreachable = Self(name: .unreachable)
        /// The policy does not let this identity do that to this name.
        public static let notAllowed = Self(name: .notAllowed)
        /// Another instance has the name for itself.
        public static let exclusive = Self(name: .exclusive)
        /// A duration or weight outside of its limits.
        public static let invalidLease = Self(name: .invalidLease)
        /// A transaction with more names than it may have, or one of them twice.
        public static let tooManyNames = Self(name: .tooManyNames)
        /// The names of all codes: what a metric may be labelled with.
        package static let allNames = Name.allCases.map(\.rawValue)
        private let name: Name
        public var description: String { name.rawValue }
    }

    /// The exception that a Python peer sees.
    public enum PythonException: Sendable, Hashable {
        case namingError, pyroError, valueError, typeError

        /// The class name as it travels, in the peer's own generation.
        public func className(for generation: PyroGeneration) -> String {
            switch self {
            case .namingError: "\(generation.package).errors.NamingError"
            case .pyroError: "\(generation.package).errors.PyroError"
            case .valueError: "builtins.ValueError"
            case .typeError: "builtins.TypeError"
            }
        }
    }

    public let code: Code
    /// The exception's only argument.
    public let message: String
    public let exception: PythonException

    init(_ code: Code, _ message: String, _ exception: PythonException = .namingError) {
        self.code = code
        self.message = message
        self.exception = exception
    }

    public var description: String { message }
}

extension PyroGeneration {
    /// The Python package whose classes its peers know.
    var package: String {
        switch self {
        case .pyro4: "Pyro4"
        case .pyro5: "Pyro5"
        }
    }
}
