package import LanternTrust
package import NIOCore

/// What ``TLSHandler`` tells the handlers after it, as a user inbound event.
package enum TLSEvent: Sendable {
    /// The handshake is done and the peer's certificate verified. Comes once, before any plaintext.
    case established(PeerCertificate, ChannelFacts)
}

/// What a handler after ``TLSHandler`` tells it, as a user outbound event: the start of a message that is not all there.
///
/// What is decrypted next goes right behind these bytes, and comes with them.
package struct UnfinishedMessage: Sendable {
    let bytes: ByteBuffer

    package init(_ bytes: ByteBuffer) { self.bytes = bytes }
}
