import Testing

@testable import LanternTrust

/// What a client refuses in the server's answer.
struct ServerAnswerTests {
    private func exchange(
        _ algorithm: HandshakeAlgorithm, _ binding: ChannelBinding = .tlsExporter
    ) throws -> (ends: Ends, proof: HandshakeProof, answer: HandshakeProof) {
        let ends = try Ends(algorithm)
        let proof = try ends.prove(binding)
        return (ends, proof, try ends.answer(proof, to: try ends.accept(proof)))
    }

    @Test("the client's own proof sent back is no answer", arguments: HandshakeAlgorithm.allCases)
    func reflection(algorithm: HandshakeAlgorithm) throws {
        let (ends, proof, _) = try exchange(algorithm)
        let error = #expect(throws: TrustError.self) { try ends.acceptAnswer(proof, to: proof) }
        #expect(error?.code == (algorithm == .hmac ? .wrongProof : .unknownKey))
    }

    @Test("a server's answer is no client's proof", arguments: HandshakeAlgorithm.allCases)
    func swappedRoles(algorithm: HandshakeAlgorithm) throws {
        let (ends, _, answer) = try exchange(algorithm)
        // The one who may act as client, with the server's answer, on a connection where it presents that certificate.
        let allowed = Keyring(
            own: ends.clientKey,
            authorized: [
                try (algorithm == .hmac ? ends.clientKey : ends.serverKey).authorizedKey(for: [
                    Ends.serverIdentity
                ])
            ])
        let victim = try Authenticator(keyring: allowed, clock: { ends.clock.now })
        let swapped = ChannelFacts(
            clientFingerprint: ends.channel.serverFingerprint,
            serverFingerprint: ends.channel.clientFingerprint,
            exporter: ends.channel.exporter)
        expectRefusal(.wrongProof) { () throws(TrustError) in
            try victim.acceptClient(
                answer, protocolVersion: 502, object: Ends.object, channel: swapped,
                peer: ends.serverCertificate)
        }
    }

    @Test("an answer to another proof is refused", arguments: HandshakeAlgorithm.allCases)
    func otherProof(algorithm: HandshakeAlgorithm) throws {
        let (ends, proof, answer) = try exchange(algorithm)
        let another = try ends.prove(.tlsExporter)
        expectRefusal(.wrongProof) { () throws(TrustError) in try ends.acceptAnswer(answer, to: another) }
        expectRefusal(.wrongProof) { () throws(TrustError) in
            try ends.acceptAnswer(answer, to: proof.with(nonce: proof.nonce.flipped(at: 0)))
        }
        expectRefusal(.wrongProof) { () throws(TrustError) in
            try ends.acceptAnswer(answer, to: proof.with(proof: proof.proof.flipped(at: 0)))
        }
        _ = try ends.acceptAnswer(answer, to: proof)
    }

    @Test("an altered answer is refused", arguments: HandshakeAlgorithm.allCases)
    func altered(algorithm: HandshakeAlgorithm) throws {
        let (ends, proof, answer) = try exchange(algorithm)
        let altered = [
            answer.with(time: answer.time - 1), answer.with(nonce: answer.nonce.flipped(at: 5)),
            answer.with(proof: answer.proof.flipped(at: 9)), answer.with(proof: answer.proof.dropLast()),
        ]
        for answer in altered {
            expectRefusal(.wrongProof) { () throws(TrustError) in try ends.acceptAnswer(answer, to: proof) }
        }
        for (version, object) in [(48, Ends.object), (502, "example.vault")] as [(UInt16, String)] {
            expectRefusal(.wrongProof) { () throws(TrustError) in
                try ends.acceptAnswer(answer, to: proof, version: version, object: object)
            }
        }
        let otherConnection = Ends.channel(exporter: 1)
        expectRefusal(.wrongProof) { () throws(TrustError) in
            try ends.acceptAnswer(answer, to: proof, channel: otherConnection)
        }
    }

    @Test("an answer with a weaker binding is refused")
    func weakerBinding() throws {
        let (ends, proof, answer) = try exchange(.ed25519)
        expectRefusal(.wrongBinding) { () throws(TrustError) in
            try ends.acceptAnswer(answer.with(binding: .certificates), to: proof)
        }
    }

    @Test("an answer by a server of another identity is refused")
    func otherServer() throws {
        let (ends, proof, answer) = try exchange(.ed25519)
        let other = try Ends.certificate("spiffe://lantern.test/service/vault", 0x5E)
        expectRefusal(.keyNotForPeer) { () throws(TrustError) in
            try ends.acceptAnswer(answer, to: proof, peer: other)
        }
        let unboundCertificate = try Ends.certificate(Ends.serverIdentity, 0x66)
        expectRefusal(.wrongBinding) { () throws(TrustError) in
            try ends.acceptAnswer(answer, to: proof, peer: unboundCertificate)
        }
    }

    @Test("an answer with another algorithm or another shared key is refused")
    func otherAlgorithm() throws {
        let (ends, proof, answer) = try exchange(.hmac)
        expectRefusal(.algorithmMismatch) { () throws(TrustError) in
            try ends.acceptAnswer(answer.with(algorithm: .ed25519), to: proof)
        }
        expectRefusal(.algorithmMismatch) { () throws(TrustError) in
            try ends.acceptAnswer(answer.with(keyID: "client-2"), to: proof)
        }
    }

    @Test("a server without an Ed25519 key does not answer an Ed25519 client")
    func noFittingKey() throws {
        let (ends, proof, _) = try exchange(.ed25519)
        let shared = try HandshakeKey.generate(id: "server-1", algorithm: .hmac)
        let ring = Keyring(own: shared, authorized: ends.server.keyring.authorized)
        let server = try Authenticator(keyring: ring, clock: { ends.clock.now })
        let peer = try server.acceptClient(
            proof, protocolVersion: 502, object: Ends.object, channel: ends.channel,
            peer: ends.clientCertificate)
        expectRefusal(.wrongKeyKind) { () throws(TrustError) in
            try server.makeServerProof(
                answering: proof, to: peer, protocolVersion: 502, object: Ends.object, channel: ends.channel)
        }
    }
}
