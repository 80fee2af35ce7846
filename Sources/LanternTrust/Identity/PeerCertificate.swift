/// What TLS verified about a peer. Facts, not yet trust: see ``AuthenticatedPeer``.
public struct PeerCertificate: Sendable, Hashable {
    public let identity: PeerIdentity
    /// SHA-256 of the DER form, 32 bytes.
    public let fingerprint: [UInt8]
    /// Seconds since 1970.
    public let notBefore: Int64
    /// Seconds since 1970.
    public let notAfter: Int64
    /// For logs only; nothing is decided by it.
    public let subject: String
    /// Hexadecimal, lower case.
    public let serialNumber: String

    public init(
        identity: PeerIdentity, fingerprint: [UInt8], notBefore: Int64, notAfter: Int64, subject: String,
        serialNumber: String
    ) {
        self.identity = identity
        self.fingerprint = fingerprint
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.subject = subject
        self.serialNumber = serialNumber
    }
}
