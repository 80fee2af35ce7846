import Testing

@testable import LanternTrust

struct AuthenticatorTests {
    @Test(
        "both ends accept each other, with both algorithms and both bindings",
        arguments: HandshakeAlgorithm.allCases, ChannelBinding.allCases)
    func bothDirections(algorithm: HandshakeAlgorithm, binding: ChannelBinding) throws {
        let ends = try Ends(algorithm)
        let proof = try ends.prove(binding)
        let peer = try ends.accept(try HandshakeProof(fields: proof.fields.reversed()))
        #expect(peer.identity.description == Ends.clientIdentity)
        #expect(peer.keyID == "client-1")
        #expect(peer.binding == binding)

        let answer = try ends.answer(proof, to: peer)
        #expect(answer.keyID == (algorithm == .hmac ? "client-1" : "server-1"))
        let server = try ends.acceptAnswer(try HandshakeProof(fields: answer.fields), to: proof)
        #expect(server.identity.description == Ends.serverIdentity)
    }

    @Test("a proof with another field than was signed is refused", arguments: HandshakeAlgorithm.allCases)
    func alteredFields(algorithm: HandshakeAlgorithm) throws {
        let ends = try Ends(algorithm)
        let proof = try ends.prove(.tlsExporter)
        let altered: [HandshakeProof] = [
            proof.with(time: proof.time + 1), proof.with(nonce: proof.nonce.flipped(at: 31)),
            proof.with(binding: .certificates), proof.with(proof: proof.proof.flipped(at: 0)),
            proof.with(proof: proof.proof.flipped(at: proof.proof.count - 1, bit: 7)),
            proof.with(proof: []), proof.with(proof: proof.proof.dropLast()),
            proof.with(proof: proof.proof + [0]),
            proof.with(proof: .init(repeating: 0, count: proof.proof.count)),
        ]
        for proof in altered {
            expectRefusal(.wrongProof) { () throws(TrustError) in try ends.accept(proof) }
        }
        _ = try ends.accept(proof)
    }

    @Test("a proof is good for one object, protocol and connection", arguments: ChannelBinding.allCases)
    func otherSurroundings(binding: ChannelBinding) throws {
        let ends = try Ends()
        let proof = try ends.prove(binding)
        expectRefusal(.wrongProof) { () throws(TrustError) in try ends.accept(proof, object: "example.vault")
        }
        expectRefusal(.wrongProof) { () throws(TrustError) in try ends.accept(proof, object: "") }
        expectRefusal(.wrongProof) { () throws(TrustError) in try ends.accept(proof, version: 48) }
        let otherServer = Ends.channel(server: 0x77)
        expectRefusal(.wrongProof) { () throws(TrustError) in try ends.accept(proof, channel: otherServer) }
        if binding == .tlsExporter {
            let otherConnection = Ends.channel(exporter: 0x11)
            expectRefusal(.wrongProof) { () throws(TrustError) in
                try ends.accept(proof, channel: otherConnection)
            }
        }
        _ = try ends.accept(proof)
    }

    @Test("a proof made over another certificate of the same identity is refused")
    func otherCertificate() throws {
        let ends = try Ends()
        let proof = try ends.prove()
        let renewed = try Ends.certificate(Ends.clientIdentity, 0xC2)
        expectRefusal(.wrongProof) { () throws(TrustError) in
            try ends.accept(proof, channel: Ends.channel(client: 0xC2), peer: renewed)
        }
        // And a certificate that is not the channel's is nobody's.
        expectRefusal(.wrongBinding) { () throws(TrustError) in try ends.accept(proof, peer: renewed) }
    }

    @Test("a right key with a certificate of another identity is refused")
    func otherIdentity() throws {
        let ends = try Ends()
        let proof = try ends.prove()
        let other = try Ends.certificate("spiffe://lantern.test/client/two", 0xC1)
        let error = expectRefusal(.keyNotForPeer) { () throws(TrustError) in
            try ends.accept(proof, peer: other)
        }
        #expect(error?.detail.contains("client/two") == true)
    }

    @Test("a right certificate with an unknown key is refused")
    func unknownKey() throws {
        let ends = try Ends()
        let proof = try ends.prove()
        expectRefusal(.unknownKey) { () throws(TrustError) in try ends.accept(proof.with(keyID: "client-2")) }
        expectRefusal(.unknownKey) { () throws(TrustError) in try ends.accept(proof.with(keyID: "decoy")) }
    }

    @Test(
        "a right certificate with another key under the right id is refused",
        arguments: HandshakeAlgorithm.allCases)
    func otherSecret(algorithm: HandshakeAlgorithm) throws {
        let ends = try Ends(algorithm)
        let thief = try Ends(algorithm)
        expectRefusal(.wrongProof) { () throws(TrustError) in try ends.accept(try trust { try thief.prove() })
        }
    }

    @Test("a proof that names another algorithm than its key is refused")
    func otherAlgorithm() throws {
        let ends = try Ends(.ed25519)
        let proof = try ends.prove()
        expectRefusal(.algorithmMismatch) { () throws(TrustError) in
            try ends.accept(proof.with(algorithm: .hmac, proof: .init(repeating: 0, count: 32)))
        }
    }

    @Test("a public key used as an HMAC secret opens nothing")
    func publicKeyAsSecret() throws {
        let ends = try Ends(.ed25519)
        let shared = try HandshakeKey(
            id: "client-1", algorithm: .hmac, identities: [], secret: secret(ends.clientKey.publicBytes ?? [])
        )
        let attacker = try Authenticator(
            keyring: Keyring(own: shared, authorized: []), clock: { ends.clock.now })
        let proof = try attacker.makeClientProof(
            protocolVersion: 502, object: Ends.object, channel: ends.channel, binding: .certificates)
        expectRefusal(.algorithmMismatch) { () throws(TrustError) in try ends.accept(proof) }
    }

    @Test("a key for servers only lets no client in")
    func wrongRole() throws {
        let ends = try Ends(clientRole: .server)
        let proof = try ends.prove()
        expectRefusal(.keyNotForPeer) { () throws(TrustError) in try ends.accept(proof) }
        _ = try Ends(clientRole: .client).roundTrip()
    }

    @Test("a proof without the exporter is refused where it is demanded or missing")
    func downgrade() throws {
        let ends = try Ends()
        let weak = try ends.prove(.certificates)
        expectRefusal(.wrongBinding) { () throws(TrustError) in try ends.accept(weak, requiresExporter: true)
        }
        let strong = try ends.prove(.tlsExporter)
        let without = Ends.channel(exporter: nil)
        expectRefusal(.wrongBinding) { () throws(TrustError) in try ends.accept(strong, channel: without) }
        #expect(throws: TrustError.self) {
            try ends.client.makeClientProof(
                protocolVersion: 502, object: "", channel: without, binding: .tlsExporter)
        }
        _ = try ends.accept(strong, requiresExporter: true)
    }

    @Test("a channel without both certificate hashes binds nothing", arguments: [0, 31, 33])
    func shortFingerprints(count: Int) throws {
        let ends = try Ends()
        let short = ChannelFacts(
            clientFingerprint: ends.channel.clientFingerprint,
            serverFingerprint: .init(repeating: 0, count: count),
            exporter: nil)
        #expect(throws: TrustError.self) {
            try ends.client.makeClientProof(
                protocolVersion: 502, object: "", channel: short, binding: .certificates)
        }
        let proof = try ends.prove()
        expectRefusal(.wrongBinding) { () throws(TrustError) in try ends.accept(proof, channel: short) }
    }

    @Test("every refusal reads the same to the peer")
    func samePeerMessage() throws {
        let ends = try Ends()
        let proof = try ends.prove()
        let refused = [
            proof.with(keyID: "nobody"), proof.with(time: 0), proof.with(proof: []),
            proof.with(algorithm: .hmac),
        ]
        let errors = refused.compactMap { proof in #expect(throws: TrustError.self) { try ends.accept(proof) }
        }
        #expect(Set(errors.map(\.code)).count == 4)
        #expect(Set(errors.map(\.peerMessage)) == ["authentication failed"])
    }
}

extension Ends {
    @discardableResult
    func roundTrip() throws -> AuthenticatedPeer {
        let proof = try prove()
        return try acceptAnswer(try answer(proof, to: try accept(proof)), to: proof)
    }
}

/// Runs what can only throw a `TrustError` although its type does not say so.
func trust<R>(_ body: () throws -> R) throws(TrustError) -> R {
    do { return try body() } catch let error as TrustError { throw error } catch {
        throw TrustError(.auditFailure, "another error: \(error)")
    }
}

@discardableResult
func expectRefusal<R>(
    _ code: TrustError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws(TrustError) -> R
) -> TrustError? {
    let error = #expect(throws: TrustError.self, sourceLocation: sourceLocation) { _ = try body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    return error
}
