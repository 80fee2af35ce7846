internal import CSodium

/// This end's handshake secret: an Ed25519 seed or an HMAC key, in locked memory.
public final class HandshakeKey: Sendable {
    /// The name by which the other end finds its half; 1 to 128 visible ASCII characters.
    public let id: String
    package let algorithm: HandshakeAlgorithm
    /// Exact identities or patterns with `*`. For an HMAC key: who may use it at the other end.
    public let identities: [String]
    /// The only end of a connection at which it proves who we are; `nil` for either. An HMAC key has none.
    package let role: HandshakeRole?
    /// When it may be used.
    public let validity: KeyValidity

    /// As it stands in the file, 32 bytes.
    let secret: SecretBytes
    /// Ed25519 only: the 64 bytes that libsodium signs with.
    private let signingKey: SecretBytes?
    /// Ed25519 only, 32 bytes.
    let publicBytes: [UInt8]?

    init(
        id: String, algorithm: HandshakeAlgorithm, identities: [String], role: HandshakeRole? = nil,
        validity: KeyValidity = .always, secret: SecretBytes
    ) throws(TrustError) {
        try Self.check(id: id)
        try Self.check(identities: identities)
        guard secret.count == HandshakeAlgorithm.secretLength else {
            throw TrustError(.malformedKeyFile, "a secret has \(HandshakeAlgorithm.secretLength) bytes")
        }
        self.id = id
        self.algorithm = algorithm
        self.identities = identities
        self.role = role
        self.validity = validity
        self.secret = secret
        switch algorithm {
        case .hmac:
            signingKey = nil
            publicBytes = nil
        case .ed25519:
            var publicBytes = [UInt8](repeating: 0, count: HandshakeAlgorithm.publicLength)
            signingKey = try SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { room in
                secret.withPointer { crypto_sign_seed_keypair(&publicBytes, room, $0) == 0 }
            }
            self.publicBytes = publicBytes
        }
    }

    /// Makes a new secret.
    package static func generate(
        id: String, algorithm: HandshakeAlgorithm, identities: [String] = [], role: HandshakeRole? = nil,
        validity: KeyValidity = .always
    ) throws(TrustError) -> HandshakeKey {
        guard algorithm == .ed25519 || role == nil else {
            throw TrustError(.malformedKeyFile, "an own HMAC key is for both roles")
        }
        return try HandshakeKey(
            id: id, algorithm: algorithm, identities: identities, role: role, validity: validity,
            secret: SecretBytes.random(count: HandshakeAlgorithm.secretLength))
    }

    /// The public half, for the other end's `authorized` directory; `nil` for an HMAC key, which has none.
    package var publicKey: AuthorizedKey? {
        guard let publicBytes else { return nil }
        return AuthorizedKey(
            id: id, algorithm: algorithm, identities: identities, role: role, validity: validity,
            material: .publicKey(publicBytes))
    }

    /// What the other end needs to know of this key: the public half of Ed25519, the shared secret of HMAC.
    ///
    /// - Parameter identities: who may use the key, as the other end shall demand it.
    /// - Throws: ``TrustError/Code/malformedKeyFile`` for an identity that is no pattern.
    package func authorizedKey(
        for identities: [String], role: HandshakeRole? = nil, validity: KeyValidity? = nil
    ) throws(TrustError) -> AuthorizedKey {
        try Self.check(identities: identities)
        let validity = validity ?? self.validity
        let material: AuthorizedKey.Material
        if let publicBytes {
            material = .publicKey(publicBytes)
        } else {
            material = .shared(
                try HandshakeKey(
                    id: id, algorithm: algorithm, identities: identities, validity: validity, secret: secret))
        }
        return AuthorizedKey(
            id: id, algorithm: algorithm, identities: identities, role: role ?? self.role,
            validity: validity, material: material)
    }

    /// Signature or authentication code over a transcript.
    func prove(_ transcript: [UInt8]) -> [UInt8] {
        var proof = [UInt8](repeating: 0, count: algorithm.proofLength)
        let length = UInt64(transcript.count)
        (signingKey ?? secret).withPointer { key in
            switch algorithm {
            case .ed25519: _ = crypto_sign_detached(&proof, nil, transcript, length, key)
            case .hmac: _ = crypto_auth(&proof, transcript, length, key)
            }
        }
        return proof
    }

    /// Whether `proof` is this HMAC key's code over `transcript`; constant time.
    func verifiesCode(_ proof: [UInt8], over transcript: [UInt8]) -> Bool {
        guard algorithm == .hmac, proof.count == algorithm.proofLength else { return false }
        return secret.withPointer { crypto_auth_verify(proof, transcript, UInt64(transcript.count), $0) == 0 }
    }

    static let maximumIDLength = 128

    static func isID(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= maximumIDLength && bytes.allSatisfy(\.isVisible)
    }

    static func check(id: String) throws(TrustError) {
        guard isID(id) else {
            throw TrustError(
                .malformedKeyFile, "a key id has 1 to \(maximumIDLength) visible ASCII characters, no blanks")
        }
    }

    static func check(identities: [String]) throws(TrustError) {
        for identity in identities {
            if let problem = Pattern.problem(in: identity) {
                throw TrustError(.malformedKeyFile, "identity \(problem)")
            }
        }
    }
}
