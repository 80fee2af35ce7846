/// How a handshake proof is made. The raw values travel and stand in key files.
package enum HandshakeAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// A signature: each end has its own secret, the other end the public part.
    case ed25519
    /// An authentication code: both ends share one secret.
    case hmac = "hmac-sha512-256"

    /// Bytes of the secret as it stands in a key file: seed or shared key.
    static let secretLength = 32
    /// Bytes of an Ed25519 public key.
    static let publicLength = 32

    /// Bytes of a proof.
    var proofLength: Int {
        switch self {
        case .ed25519: 64
        case .hmac: 32
        }
    }
}
