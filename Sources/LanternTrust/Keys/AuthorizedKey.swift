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
    /// When it may be used, judged at the handshake.
    public let validity: KeyValidity
    let material: Material
    private let patterns: [Pattern]

    init(
        id: String, algorithm: HandshakeAlgorithm, identities: [String], role: HandshakeRole?,
        validity: KeyValidity = .always, material: Material
    ) {
        self.id = id
        self.algorithm = algorithm
        self.identities = identities
        self.role = role
        self.validity = validity
        self.material = material
        patterns = identities.map(Pattern.init)
    }

    /// The same key for others, or for another time.
    ///
    /// - Throws: ``TrustError/Code/malformedKeyFile`` for an identity that is no pattern.
    package func granted(
        to identities: [String], role: HandshakeRole?, validity: KeyValidity
    ) throws(TrustError) -> AuthorizedKey {
        try HandshakeKey.check(identities: identities)
        return AuthorizedKey(
            id: id, algorithm: algorithm, identities: identities, role: role, validity: validity,
            material: material)
    }

    /// Whether the key is a secret that both ends have.
    package var isShared: Bool { algorithm == .hmac }

    /// Whether a peer with this certificate identity may use the key.
    package func isFor(_ identity: PeerIdentity) -> Bool {
        patterns.contains { $0.matches(identity.description) }
    }

    /// Whether the other one is the same key, whoever may use it.
    package func isSameKey(as other: AuthorizedKey) -> Bool {
        guard id == other.id, algorithm == other.algorithm else { return false }
        switch (material, other.material) {
        case (.publicKey(let mine), .publicKey(let theirs)): return mine == theirs
        case (.shared(let mine), .shared(let theirs)):
            // Two codes over the same text: the secrets stay where they are.
            return theirs.verifiesCode(mine.prove([0]), over: [0])
        case (.publicKey, .shared), (.shared, .publicKey): return false
        }
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
