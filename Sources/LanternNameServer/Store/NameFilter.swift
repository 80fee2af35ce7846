/// Which names an operation means. One filter at a time, as in Pyro.
public enum NameFilter: Sendable {
    case everything
    /// Names that start with these code points.
    case prefix(String)
    /// Names that the pattern matches from their start.
    case regex(LinearRegex)
    /// Names that have all of these tags.
    case metadataAll(Set<String>)
    /// Names that have at least one of these tags.
    case metadataAny(Set<String>)
}

/// What one listing may cost.
public struct ResultLimits: Sendable, Hashable {
    /// Most names in one answer.
    public var entries: Int
    /// Most bytes of text in one answer.
    public var bytes: Int
    /// Most steps of a regex over all names.
    public var regexSteps: Int

    public init(entries: Int = 100_000, bytes: Int = 32 << 20, regexSteps: Int = 50_000_000) {
        self.entries = entries
        self.bytes = bytes
        self.regexSteps = regexSteps
    }
}
