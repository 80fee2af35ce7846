/// What the operator of a name server chooses.
public struct NameRegistrySettings: Sendable {
    /// Whether a name belongs to the identity that registered it.
    public enum Ownership: Sendable, Hashable {
        /// Only the same identity may replace, change or remove a name, unless policy says otherwise.
        case enforced
        /// As in Pyro: whoever may call the method may do it to every name.
        case off
    }

    public var ownership: Ownership = .enforced
    public var limits = NameLimits()
    public var results = ResultLimits()
    public var leases = LeaseSettings()

    public init() {}
}

/// How large the parts of a registration may be; in bytes of UTF-8.
public struct NameLimits: Sendable, Hashable {
    public var name = 1024
    public var uri = 2048
    public var tags = 64
    public var tag = 256
    /// Instances under one name.
    public var instances = 1_000
    /// Names of one transaction, and of one lease.
    public var transaction = 1_000
    public var leasedNames = 10_000
    public var weight = 10_000

    public init() {}
}

/// How long leases may be, and how many there are.
public struct LeaseSettings: Sendable, Hashable {
    /// Milliseconds.
    public var durations: ClosedRange<Int64> = 1_000...86_400_000
    public var limits = LeaseLimits()

    public init() {}
}
