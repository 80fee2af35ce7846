/// What the operator of a name server chooses.
public struct NameRegistrySettings: Sendable {
    /// Whether a name belongs to the identity that registered it.
    public enum Ownership: Sendable, Hashable {
        /// Only the same identity may replace, change or remove a name.
        case enforced
        /// As in Pyro: whoever may call the method may do it to every name.
        case off
    }

    public var ownership: Ownership = .enforced
    public var limits = NameLimits()
    public var results = ResultLimits()

    public init() {}
}

/// How large the parts of a registration may be; in bytes of UTF-8.
public struct NameLimits: Sendable, Hashable {
    public var name = 1024
    public var uri = 2048
    public var tags = 64
    public var tag = 256

    public init() {}
}
