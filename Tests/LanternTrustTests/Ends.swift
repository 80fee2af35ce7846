import Synchronization

@testable import LanternTrust

/// A client and a server that trust each other's keys, and the facts of one TLS connection between them.
struct Ends {
    static let clientIdentity = "spiffe://lantern.test/client/one"
    static let serverIdentity = "spiffe://lantern.test/service/warehouse"
    static let object = "example.warehouse"

    let client: Authenticator
    let server: Authenticator
    let clock: TestClock
    let clientKey: HandshakeKey
    let serverKey: HandshakeKey
    let clientCertificate: PeerCertificate
    let serverCertificate: PeerCertificate
    let channel = channel()

    init(
        _ algorithm: HandshakeAlgorithm = .ed25519, clientMayUse: String = Self.clientIdentity,
        clientRole: HandshakeRole? = nil, replay: ReplayCache = ReplayCache(),
        clientValidity: KeyValidity = .always, serverValidity: KeyValidity = .always
    ) throws {
        let clock = TestClock()
        clientCertificate = try Self.certificate(Self.clientIdentity, 0xC1)
        serverCertificate = try Self.certificate(Self.serverIdentity, 0x5E)
        clientKey = try .generate(id: "client-1", algorithm: algorithm)
        serverKey = try .generate(id: "server-1", algorithm: algorithm)
        // A shared key is answered with itself; with Ed25519 each end has its own.
        let answering = algorithm == .hmac ? clientKey : serverKey
        let clientRing = Keyring(
            own: clientKey,
            authorized: [try answering.authorizedKey(for: [Self.serverIdentity], validity: serverValidity)])
        let serverRing = Keyring(
            own: serverKey,
            authorized: [
                try clientKey.authorizedKey(for: [clientMayUse], role: clientRole, validity: clientValidity)
            ])
        client = try Authenticator(keyring: clientRing, clock: { clock.now })
        server = try Authenticator(keyring: serverRing, replay: replay, clock: { clock.now })
        self.clock = clock
    }

    /// The same ends with other authenticators.
    init(_ ends: Ends, client: Authenticator, server: Authenticator) {
        self.client = client
        self.server = server
        clock = ends.clock
        clientKey = ends.clientKey
        serverKey = ends.serverKey
        clientCertificate = ends.clientCertificate
        serverCertificate = ends.serverCertificate
    }

    func prove(_ binding: ChannelBinding = .certificates, object: String = Self.object) throws
        -> HandshakeProof
    {
        try client.makeClientProof(protocolVersion: 502, object: object, channel: channel, binding: binding)
    }

    func accept(
        _ proof: HandshakeProof, version: UInt16 = 502, object: String = Self.object,
        channel: ChannelFacts? = nil,
        peer: PeerCertificate? = nil, requiresExporter: Bool = false
    ) throws(TrustError) -> AuthenticatedPeer {
        try server.acceptClient(
            proof, protocolVersion: version, object: object, channel: channel ?? self.channel,
            peer: peer ?? clientCertificate, requiresExporter: requiresExporter)
    }

    func answer(_ proof: HandshakeProof, to peer: AuthenticatedPeer) throws -> HandshakeProof {
        try server.makeServerProof(
            answering: proof, to: peer, protocolVersion: 502, object: Self.object, channel: channel)
    }

    func acceptAnswer(
        _ answer: HandshakeProof, to proof: HandshakeProof, version: UInt16 = 502,
        object: String = Self.object,
        channel: ChannelFacts? = nil, peer: PeerCertificate? = nil
    ) throws(TrustError) -> AuthenticatedPeer {
        try client.acceptServer(
            answer, answering: proof, protocolVersion: version, object: object,
            channel: channel ?? self.channel,
            peer: peer ?? serverCertificate)
    }

    static func certificate(_ identity: String, _ byte: UInt8) throws -> PeerCertificate {
        PeerCertificate(
            identity: try PeerIdentity(identity), fingerprint: .init(repeating: byte, count: 32),
            notBefore: 0, notAfter: .max,
            subject: "CN=test", serialNumber: "01")
    }

    static func channel(client: UInt8 = 0xC1, server: UInt8 = 0x5E, exporter: UInt8? = 0xEE) -> ChannelFacts {
        ChannelFacts(
            clientFingerprint: .init(repeating: client, count: 32),
            serverFingerprint: .init(repeating: server, count: 32),
            exporter: exporter.map { .init(repeating: $0, count: 32) })
    }
}

final class TestClock: Sendable {
    private let time = Mutex<Int64>(1_800_000_000_000)

    var now: Int64 { time.withLock { $0 } }
    func advance(seconds: Int64) { time.withLock { $0 += seconds * 1000 } }
}

extension HandshakeProof {
    /// The same proof with some fields exchanged.
    func with(
        algorithm: HandshakeAlgorithm? = nil, keyID: String? = nil, time: Int64? = nil, nonce: [UInt8]? = nil,
        binding: ChannelBinding? = nil, proof: [UInt8]? = nil
    ) -> HandshakeProof {
        HandshakeProof(
            algorithm: algorithm ?? self.algorithm, keyID: keyID ?? self.keyID, time: time ?? self.time,
            nonce: nonce ?? self.nonce, binding: binding ?? self.binding, proof: proof ?? self.proof)
    }
}

extension [UInt8] {
    /// The same bytes with one bit the other way.
    func flipped(at index: Int, bit: UInt8 = 0) -> [UInt8] {
        var bytes = self
        bytes[index] ^= 1 << bit
        return bytes
    }
}

func secret(_ bytes: [UInt8]) throws -> SecretBytes {
    let secret = try SecretBytes(count: bytes.count) { room in
        room.update(from: bytes, count: bytes.count)
        return true
    }
    guard let secret else { throw TrustError(.sodiumUnavailable, "no secret") }
    return secret
}
