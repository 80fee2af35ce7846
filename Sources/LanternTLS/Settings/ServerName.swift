/// What a client called, which the server's certificate must be for.
package enum ServerName: Sendable, Hashable {
    /// A DNS name; also sent to the server (SNI).
    case host(String)
    /// An IPv4 or IPv6 address as text.
    case address(String)
    /// Neither: a Unix socket or a pair. Needs an expected identity.
    case identityOnly
}
