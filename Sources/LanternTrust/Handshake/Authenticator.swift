/// Makes and checks the signed handshake of both ends.
///
/// The order of a connection: ``makeClientProof(protocolVersion:object:channel:binding:)`` at the client,
/// ``acceptClient(_:protocolVersion:object:channel:peer:requiresExporter:)`` and
/// ``makeServerProof(answering:to:protocolVersion:object:channel:)`` at the server,
/// ``acceptServer(_:answering:protocolVersion:object:channel:peer:)`` at the client again.
package final class Authenticator: Sendable {
    /// How far a proof's time may be from ours. Certificate-bound proofs live off it; see `docs/handshake.md`.
    package struct Tolerance: Sendable, Hashable {
        /// Milliseconds for proofs bound to certificates only.
        package var certificates: Int64 = 30_000
        /// Milliseconds for proofs bound to the exporter, which are fresh by themselves: only a broken clock is out.
        package var exporter: Int64 = 300_000

        package init() {}

        func milliseconds(for binding: ChannelBinding) -> Int64 {
            switch binding {
            case .certificates: certificates
            case .tlsExporter: exporter
            }
        }
    }

    package let keyring: Keyring
    private let replay: ReplayCache
    private let clock: @Sendable () -> Int64
    private let tolerance: Tolerance
    private let use: KeyUse?
    /// Checked against when there is no right key, so that a refusal takes as long as an acceptance.
    private let decoys: [HandshakeAlgorithm: AuthorizedKey]

    /// - Parameter replay: shared by all that accept with the same certificate.
    /// - Parameter clock: milliseconds since 1970.
    /// - Parameter use: where the use of keys is written down.
    package init(
        keyring: Keyring, replay: ReplayCache = ReplayCache(),
        clock: @escaping @Sendable () -> Int64 = { wallClockMilliseconds() },
        tolerance: Tolerance = Tolerance(), use: KeyUse? = nil
    ) throws(TrustError) {
        self.keyring = keyring
        self.replay = replay
        self.clock = clock
        self.tolerance = tolerance
        self.use = use
        var decoys: [HandshakeAlgorithm: AuthorizedKey] = [:]
        for algorithm in HandshakeAlgorithm.allCases {
            decoys[algorithm] = try HandshakeKey.generate(id: "decoy", algorithm: algorithm).authorizedKey(
                for: [])
        }
        self.decoys = decoys
    }

    // MARK: The client's half

    /// - Throws: ``TrustError/Code/wrongBinding`` when the channel lacks what the binding needs; what ``HandshakeKey``'s
    ///   role and validity say against using our own key now.
    package func makeClientProof(
        protocolVersion: UInt16, object: String, channel: ChannelFacts, binding: ChannelBinding
    ) throws(TrustError) -> HandshakeProof {
        try Self.check(channel, has: binding)
        let key = keyring.own
        let now = clock()
        try Self.check(key, as: .client, at: now)
        let nonce = Sodium.randomBytes(HandshakeProof.nonceLength)
        let transcript = Transcript(
            role: .client, protocolVersion: protocolVersion, algorithm: key.algorithm, keyID: key.id,
            object: object, time: now, clientNonce: nonce, serverNonce: [], binding: binding,
            channel: channel, clientProof: [])
        return HandshakeProof(
            algorithm: key.algorithm, keyID: key.id, time: transcript.time, nonce: nonce, binding: binding,
            proof: key.prove(transcript.bytes))
    }

    /// Checks a client's proof at the server.
    ///
    /// - Parameter requiresExporter: refuses proofs that are bound to certificates only; for peers that could do
    ///   better.
    /// - Throws: ``TrustError`` with the first check that failed, for the log. The peer is told
    ///   ``TrustError/peerMessage``, which is always the same.
    package func acceptClient(
        _ proof: HandshakeProof, protocolVersion: UInt16, object: String, channel: ChannelFacts,
        peer: PeerCertificate, requiresExporter: Bool = false
    ) throws(TrustError) -> AuthenticatedPeer {
        let transcript = Transcript(
            role: .client, protocolVersion: protocolVersion, algorithm: proof.algorithm, keyID: proof.keyID,
            object: object, time: proof.time, clientNonce: proof.nonce, serverNonce: [],
            binding: proof.binding,
            channel: channel, clientProof: [])
        let claim = Claim(
            proof: proof, transcript: transcript, peer: peer, presented: channel.clientFingerprint,
            channel: channel)
        let accepted = try check(claim, requiresExporter: requiresExporter)
        if proof.binding == .certificates {
            // Last, and only for proofs that are right: nobody without a key can fill the cache.
            try replay.remember(
                keyID: proof.keyID, nonce: proof.nonce, expires: proof.time &+ tolerance.certificates,
                now: clock())
        }
        use?.record(proof.keyID, by: .client, at: clock())
        return accepted
    }

    // MARK: The server's half

    /// Answers a client that was accepted, with the same algorithm and the same binding.
    ///
    /// - Throws: ``TrustError/Code/wrongKeyKind`` when the client uses Ed25519 and this end's own key is not one.
    package func makeServerProof(
        answering client: HandshakeProof, to peer: AuthenticatedPeer, protocolVersion: UInt16, object: String,
        channel: ChannelFacts
    ) throws(TrustError) -> HandshakeProof {
        try Self.check(channel, has: client.binding)
        let key = try answeringKey(for: peer)
        let now = clock()
        try Self.check(key, as: .server, at: now)
        use?.record(key.id, by: .own, at: now)
        let nonce = Sodium.randomBytes(HandshakeProof.nonceLength)
        let transcript = Transcript(
            role: .server, protocolVersion: protocolVersion, algorithm: key.algorithm, keyID: key.id,
            object: object, time: now, clientNonce: client.nonce, serverNonce: nonce,
            binding: client.binding,
            channel: channel, clientProof: client.proof)
        return HandshakeProof(
            algorithm: key.algorithm, keyID: key.id, time: transcript.time, nonce: nonce,
            binding: client.binding,
            proof: key.prove(transcript.bytes))
    }

    /// Checks the server's answer at the client.
    ///
    /// - Parameter client: the proof that this end sent on the same connection.
    package func acceptServer(
        _ proof: HandshakeProof, answering client: HandshakeProof, protocolVersion: UInt16, object: String,
        channel: ChannelFacts, peer: PeerCertificate
    ) throws(TrustError) -> AuthenticatedPeer {
        let transcript = Transcript(
            role: .server, protocolVersion: protocolVersion, algorithm: proof.algorithm, keyID: proof.keyID,
            object: object, time: proof.time, clientNonce: client.nonce, serverNonce: proof.nonce,
            binding: proof.binding, channel: channel, clientProof: client.proof)
        let claim = Claim(
            proof: proof, transcript: transcript, peer: peer, presented: channel.serverFingerprint,
            channel: channel)
        guard proof.algorithm == client.algorithm else {
            throw TrustError(
                .algorithmMismatch,
                "the server answered \(client.algorithm.rawValue) with \(proof.algorithm.rawValue)")
        }
        guard proof.algorithm == .ed25519 || proof.keyID == client.keyID else {
            throw TrustError(
                .algorithmMismatch, "the server answered shared key '\(client.keyID)' with '\(proof.keyID)'")
        }
        guard proof.binding == client.binding else {
            throw TrustError(
                .wrongBinding, "the server answered \(client.binding.rawValue) with \(proof.binding.rawValue)"
            )
        }
        let accepted = try check(claim, requiresExporter: false)
        // The answer also tells that our own proof was accepted.
        use?.record(client.keyID, by: .own, at: clock())
        use?.record(proof.keyID, by: .server, at: clock())
        return accepted
    }

    // MARK: What both halves check

    private struct Claim {
        let proof: HandshakeProof
        let transcript: Transcript
        let peer: PeerCertificate
        /// The certificate hash of the end that made the proof, as the channel has it.
        let presented: [UInt8]
        let channel: ChannelFacts
    }

    private func check(_ claim: Claim, requiresExporter: Bool) throws(TrustError) -> AuthenticatedPeer {
        let proof = claim.proof
        let role = claim.transcript.role
        let key = keyring.key(id: proof.keyID, for: claim.peer.identity, role: role)
        let usable = key.flatMap { $0.algorithm == proof.algorithm ? $0 : nil }
        // Before any refusal, and with a decoy when there is no key: the time that a peer waits tells nothing.
        let bytes = claim.transcript.bytes
        let isRight = (usable ?? decoys[proof.algorithm])?.verifies(proof.proof, over: bytes) ?? false

        guard claim.peer.fingerprint == claim.presented else {
            throw TrustError(.wrongBinding, "the certificate is not the one of this TLS connection")
        }
        try Self.check(claim.channel, has: proof.binding)
        guard !requiresExporter || proof.binding == .tlsExporter else {
            throw TrustError(
                .wrongBinding,
                "\(claim.peer.identity) is bound to certificates only where tls-exporter is demanded")
        }
        guard let key else { throw keyring.whyNoKey(id: proof.keyID, for: claim.peer.identity, role: role) }
        guard let usable else {
            throw TrustError(
                .algorithmMismatch,
                "key '\(proof.keyID)' is \(key.algorithm.rawValue), the proof says \(proof.algorithm.rawValue)"
            )
        }
        if let objection = usable.validity.objection(
            to: "key '\(proof.keyID)' of \(claim.peer.identity)", at: clock())
        {
            throw objection
        }
        try check(time: proof.time, of: proof)
        guard isRight else {
            throw TrustError(
                .wrongProof,
                "key '\(proof.keyID)' of \(claim.peer.identity): the proof is not over this connection and object, "
                    + "or the two ends have different keys")
        }
        return AuthenticatedPeer(
            certificate: claim.peer, proof: proof, key: usable, role: role,
            keyExchange: claim.channel.keyExchange)
    }

    private func check(time: Int64, of proof: HandshakeProof) throws(TrustError) {
        let allowed = tolerance.milliseconds(for: proof.binding)
        let (difference, isAbsurd) = clock().subtractingReportingOverflow(time)
        guard !isAbsurd, difference.magnitude <= allowed.magnitude else {
            let seconds = difference.magnitude / 1000
            let direction = difference > 0 ? "behind" : "ahead of"
            throw TrustError(
                .timeOutOfRange,
                "key '\(proof.keyID)': the proof's time is \(seconds) s \(direction) ours, \(allowed / 1000) s are "
                    + "allowed; are both clocks right?")
        }
    }

    /// Whether our own key may be used now, at this end.
    private static func check(
        _ key: HandshakeKey, as role: HandshakeRole, at now: Int64
    ) throws(TrustError) {
        if let objection = key.validity.objection(to: "our own key '\(key.id)'", at: now) { throw objection }
        guard (key.role ?? role) == role else {
            throw TrustError(
                .keyNotForPeer,
                "our own key '\(key.id)' is not for a \(role.rawValue), by the role in its file")
        }
    }

    private func answeringKey(for peer: AuthenticatedPeer) throws(TrustError) -> HandshakeKey {
        switch peer.algorithm {
        case .ed25519:
            guard keyring.own.algorithm == .ed25519 else {
                throw TrustError(
                    .wrongKeyKind,
                    "\(peer.identity) uses ed25519 and this end's own key '\(keyring.own.id)' is "
                        + "\(keyring.own.algorithm.rawValue); give both ends the same kind")
            }
            return keyring.own
        case .hmac:
            guard let key = keyring.key(id: peer.keyID, for: peer.identity, role: .client),
                case .shared(let shared) = key.material
            else { throw keyring.whyNoKey(id: peer.keyID, for: peer.identity, role: .client) }
            return shared
        }
    }

    private static func check(_ channel: ChannelFacts, has binding: ChannelBinding) throws(TrustError) {
        guard channel.clientFingerprint.count == ChannelFacts.fingerprintLength,
            channel.serverFingerprint.count == ChannelFacts.fingerprintLength
        else { throw TrustError(.wrongBinding, "the TLS connection lacks the hash of a certificate") }
        guard binding == .tlsExporter else { return }
        guard channel.exporter?.count == ChannelFacts.exporterLength else {
            throw TrustError(.wrongBinding, "the TLS connection has no exporter value to bind to")
        }
    }
}

/// A peer whose certificate *and* handshake proof were right. Only ``Authenticator`` makes it.
///
/// One reference, because it travels with every call.
public struct AuthenticatedPeer: Sendable, Hashable {
    private let facts: Facts

    private final class Facts: Sendable {
        let certificate: PeerCertificate
        let keyID: String
        let algorithm: HandshakeAlgorithm
        let binding: ChannelBinding
        let key: AuthorizedKey
        let role: HandshakeRole
        let keyExchange: String?

        init(
            _ certificate: PeerCertificate, _ proof: HandshakeProof, _ key: AuthorizedKey,
            _ role: HandshakeRole, _ keyExchange: String?
        ) {
            self.certificate = certificate
            self.key = key
            self.role = role
            self.keyExchange = keyExchange
            keyID = proof.keyID
            algorithm = proof.algorithm
            binding = proof.binding
        }
    }

    public var certificate: PeerCertificate { facts.certificate }
    /// The handshake key that the peer proved to have.
    public var keyID: String { facts.keyID }
    /// The group of the key exchange of its TLS connection, such as `X25519MLKEM768` or `X25519`; nil when the TLS
    /// library does not tell.
    public var keyExchange: String? { facts.keyExchange }
    /// Whether the key exchange holds against a quantum computer, as far as known: a hybrid of ML-KEM.
    public var hasPostQuantumKeyExchange: Bool { facts.keyExchange?.contains("MLKEM") ?? false }
    package var algorithm: HandshakeAlgorithm { facts.algorithm }
    package var binding: ChannelBinding { facts.binding }
    /// Which end of the connection it is.
    package var role: HandshakeRole { facts.role }
    public var identity: PeerIdentity { facts.certificate.identity }
    /// What the proof was checked with.
    var key: AuthorizedKey { facts.key }

    fileprivate init(
        certificate: PeerCertificate, proof: HandshakeProof, key: AuthorizedKey, role: HandshakeRole,
        keyExchange: String?
    ) {
        facts = Facts(certificate, proof, key, role, keyExchange)
    }

    public static func == (one: Self, other: Self) -> Bool {
        one.facts === other.facts
            || one.certificate == other.certificate && one.keyID == other.keyID
                && one.algorithm == other.algorithm && one.binding == other.binding
                && one.role == other.role && one.keyExchange == other.keyExchange
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(certificate)
        hasher.combine(keyID)
    }
}
