internal import CSodium

/// The key of another end, and who may use it.
public struct AuthorizedKey: Sendable {
    enum Material: Sendable {
        /// Ed25519, 32 bytes.
        case publicKey([UInt8])
        /// HMAC: the secret that both ends have.
        case shared(HandshakeKey)
    }

    public let id: String
    package let algorithm: HandshakeAlgorithm
    /// Exact identities or patterns with `*`; nobody may use a key without any.
    public let identities: [String]
    /// The only end that may use it; `nil` for either.
    package let role: HandshakeRole?
    let material: Material
    private let patterns: [Pattern]

    init(
        id: String, algorithm: HandshakeAlgorithm, identities: [String], role: HandshakeRole?, material: Material
    ) {
        self.id = id
        self.algorithm = algorithm
        self.identities = identities
        self.role = role
        self.material = material
        patterns = identities.map(Pattern.init)
    }

    /// Whether a peer with this certificate identity may use the key.
    package func isFor(_ identity: PeerIdentity) -> Bool {
        patterns.contains { $0.matches(identity.description) }
    }

    /// Whether `proof` was made with this key over `transcript`.
    func verifies(_ proof: [UInt8], over transcript: [UInt8]) -> Bool {
        guard proof.count == algorithm.proofLength else { return false }
        switch material {
        case .shared(let key): return key.verifiesCode(proof, over: transcript)
        case .publicKey(let key):
            return crypto_sign_verify_detached(proof, transcript, UInt64(transcript.count), key) == 0
        }
    }
}
