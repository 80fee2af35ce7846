import LanternTrust

/// Peers that were authenticated in memory, for tests without a connection.
enum Peers {
    static let facts = ChannelFacts(
        clientFingerprint: [UInt8](repeating: 1, count: 32),
        serverFingerprint: [UInt8](repeating: 2, count: 32),
        exporter: [UInt8](repeating: 3, count: 32))

    static func certificate(_ name: String = "client") throws -> PeerCertificate {
        PeerCertificate(
            identity: PeerIdentity(try SPIFFEID("spiffe://lantern.test/\(name)")),
            fingerprint: facts.clientFingerprint, notBefore: 0, notAfter: .max, subject: name,
            serialNumber: "01")
    }

    static func authenticated(_ name: String = "client") throws -> AuthenticatedPeer {
        let certificate = try certificate(name)
        let key = try HandshakeKey.generate(id: "key-1", algorithm: .ed25519)
        let client = try Authenticator(keyring: Keyring(own: key, authorized: []))
        let known = try key.authorizedKey(for: [certificate.identity.description])
        let server = try Authenticator(
            keyring: Keyring(
                own: HandshakeKey.generate(id: "key-2", algorithm: .ed25519), authorized: [known]))
        let proof = try client.makeClientProof(
            protocolVersion: 502, object: "object", channel: facts, binding: .tlsExporter)
        return try server.acceptClient(
            proof, protocolVersion: 502, object: "object", channel: facts, peer: certificate)
    }
}
