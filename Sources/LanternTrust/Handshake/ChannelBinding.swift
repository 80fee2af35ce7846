/// What ties a proof to the TLS connection it travels on. The raw values travel and stand in the transcript.
package enum ChannelBinding: String, Sendable, Hashable, CaseIterable {
    /// The exporter value of RFC 9266: this one connection and no other.
    case tlsExporter = "tls-exporter"
    /// Only the hashes of both certificates; time and the replay cache do the rest.
    case certificates
}
