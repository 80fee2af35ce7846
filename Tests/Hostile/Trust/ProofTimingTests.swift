import Testing

@testable import LanternTrust

/// The time that a refusal takes tells nothing about the keys that a server knows.
@Suite(.serialized)
struct ProofTimingTests {
    private static let identity = "spiffe://lantern.test/client"

    /// The text for the log is another one for each refusal, and making it takes its time. Far below what a network adds.
    private static let unseen = Duration.microseconds(50)

    /// A refusal that a stranger with a certificate can bring about.
    enum Wrong: String, CaseIterable, Sendable {
        case unknownKey, wrongProof, keyOfAnother
    }

    /// The fastest of many groups: what else the machine does only makes it slower.
    private func fastest(of groups: Int, _ body: () -> Void) -> Duration {
        let clock = ContinuousClock()
        return (0..<groups).map { _ in clock.measure { for _ in 0..<20 { body() } } }.min() ?? .zero
    }

    @Test(
        "an unknown key id, a wrong proof and another's key take the same time",
        arguments: HandshakeAlgorithm.allCases)
    func sameTime(algorithm: HandshakeAlgorithm) throws {
        let key = try HandshakeKey.generate(id: "client-1", algorithm: algorithm)
        let others = try HandshakeKey.generate(id: "other-1", algorithm: algorithm)
        let server = try Authenticator(
            keyring: Keyring(
                own: .generate(id: "server-1", algorithm: algorithm),
                authorized: [
                    key.authorizedKey(for: [Self.identity]),
                    others.authorizedKey(for: ["spiffe://lantern.test/other"]),
                ]))
        let channel = ChannelFacts(
            clientFingerprint: .init(repeating: 1, count: 32),
            serverFingerprint: .init(repeating: 2, count: 32),
            exporter: .init(repeating: 3, count: 32))
        let peer = PeerCertificate(
            identity: try PeerIdentity(Self.identity), fingerprint: channel.clientFingerprint, notBefore: 0,
            notAfter: .max, subject: "CN=client", serialNumber: "01")
        let thief = try Authenticator(
            keyring: Keyring(own: .generate(id: "client-1", algorithm: algorithm), authorized: []))
        let proof = try thief.makeClientProof(
            protocolVersion: 502, object: "counter", channel: channel, binding: .tlsExporter)
        func with(_ id: String) -> HandshakeProof {
            HandshakeProof(
                algorithm: algorithm, keyID: id, time: proof.time, nonce: proof.nonce, binding: proof.binding,
                proof: proof.proof)
        }
        let proofs: [(Wrong, HandshakeProof)] = [
            (.unknownKey, with("nobody-1")), (.wrongProof, proof), (.keyOfAnother, with("other-1")),
        ]
        // Neighbours on the machine may disturb a round; a difference that is there is there in all.
        var (ratio, difference) = (Double.infinity, Duration.seconds(1))
        for _ in 0..<5 where ratio > 1.25 && difference > Self.unseen {
            let times = proofs.map { _, proof in
                fastest(of: 40) {
                    _ = try? server.acceptClient(
                        proof, protocolVersion: 502, object: "counter", channel: channel, peer: peer)
                }
            }
            let (slowest, quickest) = (times.max() ?? .zero, times.min() ?? .seconds(1))
            (ratio, difference) = (slowest / quickest, (slowest - quickest) / 20)
        }
        print(
            "timing of refusals, \(algorithm.rawValue): the slowest takes \(ratio) times the fastest, \(difference) more"
        )
        #expect(ratio < 1.25 || difference < Self.unseen)
    }
}
