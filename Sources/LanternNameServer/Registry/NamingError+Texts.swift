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
