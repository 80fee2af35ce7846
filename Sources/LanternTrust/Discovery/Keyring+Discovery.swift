/// Signed answers to broadcasts: who may say where the name server is.
extension Keyring {
    /// Answers an ask with our own key.
    ///
    /// - Parameters:
    ///   - identity: that of our certificate.
    ///   - milliseconds: now, since 1970.
    /// - Throws: ``TrustError/Code/keyExpired``, ``TrustError/Code/keyNotYetValid``, ``TrustError/Code/keyNotForPeer``
    ///   when our own key may not be used by a server now; ``TrustError/Code/oversizedAnswer``.
    package func answer(
        _ ask: DiscoveryAsk, identity: PeerIdentity, uri: String, at milliseconds: Int64
    ) throws(TrustError) -> DiscoveryAnswer {
        if let objection = own.validity.objection(to: "our own key '\(own.id)'", at: milliseconds) {
            throw objection
        }
        guard (own.role ?? .server) == .server else {
            throw TrustError(.keyNotForPeer, "our own key '\(own.id)' is not for a server")
        }
        let unsigned = DiscoveryAnswer(
            algorithm: own.algorithm, keyID: own.id, time: milliseconds, nonce: ask.nonce,
            identity: identity.description, uri: uri, proof: [])
        guard unsigned.bytes.count + own.algorithm.proofLength <= DiscoveryAsk.length else {
            throw TrustError(
                .oversizedAnswer,
                "identity, key id and URI are too long for an answer of \(DiscoveryAsk.length) bytes")
        }
        return DiscoveryAnswer(
            algorithm: own.algorithm, keyID: own.id, time: milliseconds, nonce: ask.nonce,
            identity: unsigned.identity, uri: uri, proof: own.prove(unsigned.transcript))
    }

    /// Whether an answer may be believed as far as connecting to the place that it names.
    ///
    /// - Parameters:
    ///   - expected: the identity that the name server must have, or a pattern; nil for any that a key may speak for.
    ///   - milliseconds: now, since 1970.
    /// - Returns: who signed it; the server at the place named must prove to be the same.
    /// - Throws: ``TrustError`` with the first check that failed.
    package func judge(
        _ answer: DiscoveryAnswer, asked ask: DiscoveryAsk, expecting expected: String?,
        at milliseconds: Int64
    ) throws(TrustError) -> PeerIdentity {
        guard Sodium.areEqual(answer.nonce, ask.nonce) else {
            throw TrustError(.unaskedAnswer, "the answer is not one to our question")
        }
        let identity = try PeerIdentity(answer.identity)
        guard let key = key(id: answer.keyID, for: identity, role: .server) else {
            throw whyNoKey(id: answer.keyID, for: identity, role: .server)
        }
        guard key.algorithm == answer.algorithm else {
            throw TrustError(
                .algorithmMismatch,
                "key '\(answer.keyID)' is \(key.algorithm.rawValue), the answer says \(answer.algorithm.rawValue)"
            )
        }
        guard key.verifies(answer.proof, over: answer.transcript) else {
            throw TrustError(.wrongProof, "the signature is not one by key '\(answer.keyID)' over the answer")
        }
        if let objection = key.validity.objection(
            to: "key '\(answer.keyID)' of \(identity)", at: milliseconds)
        {
            throw objection
        }
        let (difference, isAbsurd) = milliseconds.subtractingReportingOverflow(answer.time)
        guard !isAbsurd, difference.magnitude <= DiscoveryAnswer.tolerance.magnitude else {
            throw TrustError(
                .timeOutOfRange,
                "the answer's time is \(difference.magnitude / 1000) s off ours, "
                    + "\(DiscoveryAnswer.tolerance / 1000) s are allowed; are both clocks right?")
        }
        if let expected, !Pattern(expected).matches(identity.description) {
            throw TrustError(
                .unexpectedIdentity, "\(identity) answered, and the name server must be \(expected)")
        }
        return identity
    }
}
