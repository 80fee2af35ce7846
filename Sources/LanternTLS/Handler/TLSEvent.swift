package import LanternTrust

/// What ``TLSHandler`` tells the handlers after it, as a user inbound event.
package enum TLSEvent: Sendable {
    /// The handshake is done and the peer's certificate verified. Comes once, before any plaintext.
    case established(PeerCertificate, ChannelFacts)
}
