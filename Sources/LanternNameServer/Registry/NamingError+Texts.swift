/// The texts of Pyro, where Pyro has one. Callers that decode arguments throw the type errors themselves.
extension NamingError {
    public static func unknownName(_ name: String) -> Self {
        Self(.unknownName, "unknown name: " + name.shown)
    }

    public static func alreadyRegistered(_ name: String) -> Self {
        Self(.alreadyRegistered, "name already registered: " + name.shown)
    }

    public static func invalidRegex(_ reason: String) -> Self {
        Self(.invalidRegex, "invalid regex: " + reason)
    }

    public static let severalFilters = Self(
        .severalFilters, "you can only filter on one thing at a time", .valueError)

    public static let bothMetadataFilters = Self(
        .severalFilters, "you can't use meta_all or meta_any at the same time", .valueError)

    public static let nameIsNotText = Self(.wrongType, "name must be a str", .typeError)

    public static let uriIsNotText = Self(.wrongType, "only URIs or strings can be registered", .typeError)

    static func isNotText(_ argument: String) -> Self {
        Self(.wrongType, "\(argument) must be a str", .typeError)
    }

    static let tagIsNotText = Self(.wrongType, "metadata tags must be str", .typeError)

    public static let metadataIsText = Self.isText("metadata")

    public static let metadataAllIsText = Self.isText("metadata_all")

    public static let metadataAnyIsText = Self.isText("metadata_any")

    public static let invalidURI = Self(.invalidURI, "invalid uri", .pyroError)

    static func reserved(_ name: String) -> Self {
        Self(.reserved, "name is reserved for the name server: " + name.shown)
    }

    static func notOwner(_ name: String) -> Self {
        Self(.notOwner, "name was registered by another identity: " + name.shown)
    }

    static let allOwnedByOthers = Self(.notOwner, "the matching names were registered by other identities")

    static func tooLong(_ what: String, limit: Int) -> Self {
        Self(.tooLong, "\(what) is longer than \(limit) bytes", .valueError)
    }

    static func tooManyTags(limit: Int) -> Self {
        Self(.tooManyTags, "more than \(limit) metadata tags", .valueError)
    }

    static func storeFull(limit: Int) -> Self {
        Self(.storeFull, "the name server has \(limit) names and takes no more")
    }

    static let tooManyResults = Self(.tooManyResults, "too many results: use a narrower filter")

    static let tooMuchWork = Self(
        .tooMuchWork, "invalid regex: it takes too long over this many names, start it with a literal prefix")

    static func storeFailed(_ reason: String) -> Self {
        Self(.storeFailed, "the name server cannot use its store: \(reason); nothing was changed")
    }

    /// A change was sent and its answer lost.
    static func storeUncertain(_ reason: String) -> Self {
        Self(
            .storeFailed,
            "the name server does not know whether the change was made: \(reason); look before you repeat it")
    }

    static let storeBusy = Self(
        .storeFailed, "the name server has too many changes waiting for its disk; nothing was changed")

    static func leaseLost(_ epoch: Int64) -> Self {
        Self(.leaseLost, "lease lost: \(epoch); stop serving, ask for another lease and register again")
    }

    static func tooManyLeases(_ limits: LeaseLimits) -> Self {
        Self(
            .tooManyLeases,
            "too many leases: an identity may have \(limits.perOwner), the name server \(limits.all)")
    }

    static func compacted(_ revision: Int64, kept: Int64, current: Int64) -> Self {
        Self(
            .compacted,
            "revision \(revision) is compacted: changes after \(kept) up to \(current) are kept;"
                + " list again and watch from there")
    }

    static let otherStore = Self(
        .compacted, "revision is compacted: it is of another store; list again and watch from there")

    static func unreachable(_ host: String) -> Self {
        Self(
            .unreachable,
            "'\(host.shown)' means another place on every host: set listen.published-host to the name by which "
                + "others reach you", .valueError)
    }

    static func notAllowed(_ operation: String, _ name: String) -> Self {
        Self(.notAllowed, "not allowed to \(operation) the name: " + name.shown)
    }

    static func exclusive(_ name: String) -> Self {
        Self(.exclusive, "another instance has the name for itself: " + name.shown)
    }

    static func invalidLease(_ text: String) -> Self { Self(.invalidLease, text, .valueError) }

    static func tooManyNames(limit: Int) -> Self {
        Self(
            .tooManyNames, "a transaction has 1 to \(limit) names, each once", .valueError)
    }

    private static func isText(_ argument: String) -> Self {
        Self(.wrongType, "\(argument) should not be a str, but another iterable (set, list, etc)", .typeError)
    }
}

extension String {
    /// A peer's text in a message: bounded.
    fileprivate var shown: String {
        unicodeScalars.count <= 1024
            ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(1024))) + "…"
    }
}
