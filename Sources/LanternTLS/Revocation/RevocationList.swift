/// What one certificate revocation list says about itself.
package struct RevocationList: Sendable, Hashable {
    /// RFC 2253 form, at most 256 bytes of it.
    package let issuer: String
    /// SHA-256 of the issuer's name in DER: what tells issuers apart.
    package let issuerDigest: [UInt8]
    /// Seconds since 1970.
    package let thisUpdate: Int64
    /// Seconds since 1970. From then on the list counts for nothing, and who needs it is refused.
    package let nextUpdate: Int64
    /// Certificates on it.
    package let count: Int
    /// Where it stands.
    package let file: String
}

extension TLSSettings {
    /// The place to look at when a list is missing or out of date.
    var revocationPlace: String { crlFile ?? crlDirectory ?? "crlFile" }
}
