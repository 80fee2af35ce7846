/// What a certificate of a ``TestAuthority`` holds. The default one is right in every way.
public struct TestCertificate: Sendable {
    public var commonName = "peer"
    /// URI names. None, two or a wrong one make a certificate without an identity.
    public var uris = ["spiffe://lantern.test/peer"]
    public var dnsNames = ["localhost"]
    public var addresses = ["127.0.0.1", "::1"]
    /// From now; positive for a certificate that is not yet valid.
    public var startsIn = Duration.seconds(-3600)
    /// From now; negative for one that expired.
    public var endsIn = Duration.seconds(3600)
    public var isForServers = true
    public var isForClients = true
    /// An authority's certificate where a peer's is wanted.
    public var isAuthority = false

    public init() {}

    /// A right one for one name.
    public init(_ name: String) {
        commonName = name
        uris = ["spiffe://lantern.test/\(name)"]
    }

    public static var expired: Self {
        Self().with { ($0.startsIn, $0.endsIn) = (.seconds(-7200), .seconds(-60)) }
    }
    public static var notYetValid: Self {
        Self().with { ($0.startsIn, $0.endsIn) = (.seconds(3600), .seconds(7200)) }
    }
    public static var withoutIdentity: Self { Self().with { $0.uris = [] } }
    public static var withTwoIdentities: Self {
        Self().with { $0.uris = ["spiffe://lantern.test/one", "spiffe://lantern.test/two"] }
    }
    public static var authorityAsPeer: Self { Self().with { $0.isAuthority = true } }

    /// A changed copy.
    public func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}
