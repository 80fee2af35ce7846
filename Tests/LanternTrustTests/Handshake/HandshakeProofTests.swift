import Testing

@testable import LanternTrust

struct HandshakeProofTests {
    private static let good = HandshakeProof(
        algorithm: .hmac, keyID: "client-1", time: 1_800_000_000_000, nonce: .init(repeating: 1, count: 32),
        binding: .certificates, proof: .init(repeating: 2, count: 32))

    private static let a42 = String(repeating: "A", count: 42)
    private static let a43 = a42 + "A"
    private static let badValues: [(String, ProofField)] = [
        ("lantern", .int(2)), ("lantern", .int(0)), ("lantern", .text("1")), ("alg", .text("ed25519")),
        ("alg", .text("none")), ("alg", .text("HMAC-SHA-512-256")), ("alg", .int(1)), ("key", .text("")),
        ("key", .text(String(repeating: "k", count: 129))), ("key", .text("a b")), ("key", .text("a\nb")),
        ("key", .text("é")), ("key", .int(1)), ("time", .int(-1)), ("time", .int(.min)), ("time", .text("5")),
        ("nonce", .text("")), ("nonce", .text("AAAA")), ("nonce", .int(0)),
        ("nonce", .text(a43)), ("nonce", .text(String(repeating: "A", count: 44))),
        ("nonce", .text(a42 + "B=")),
        ("nonce", .text(a42 + "==")),
        ("nonce", .text(" " + a43 + "=")),
        ("nonce", .text(a43 + "=\n")),
        ("nonce", .text(String(repeating: "-", count: 43) + "=")), ("binding", .text("")),
        ("binding", .text("tls-unique")), ("binding", .int(0)), ("proof", .text("")),
        ("proof", .text(String(repeating: "A", count: 86) + "==")), ("proof", .int(5)),
    ]

    @Test("what is written is read, in any order", arguments: HandshakeAlgorithm.allCases)
    func roundTrip(algorithm: HandshakeAlgorithm) throws {
        let proof = Self.good.with(
            algorithm: algorithm, proof: .init(repeating: 9, count: algorithm.proofLength))
        #expect(try HandshakeProof(fields: proof.fields) == proof)
        #expect(try HandshakeProof(fields: proof.fields.reversed()) == proof)
    }

    @Test(
        "a field with another value is refused",
        arguments: badValues)
    func badValue(name: String, value: ProofField) {
        let fields = Self.good.fields.map { $0.0 == name ? ($0.0, value) : $0 }
        let error = #expect(throws: TrustError.self) { try HandshakeProof(fields: fields) }
        #expect([.malformedProof, .unsupportedAlgorithm].contains(error?.code))
    }

    @Test("a field less, more, twice or unknown is refused")
    func badShape() {
        let fields = Self.good.fields
        for index in fields.indices {
            var short = fields
            let removed = short.remove(at: index)
            expectRefusal(.malformedProof) { () throws(TrustError) in try HandshakeProof(fields: short) }
            expectRefusal(.malformedProof) { () throws(TrustError) in
                try HandshakeProof(fields: short + [("other", removed.1)])
            }
            expectRefusal(.malformedProof) { () throws(TrustError) in
                try HandshakeProof(fields: short + [short[0]])
            }
            expectRefusal(.malformedProof) { () throws(TrustError) in
                try HandshakeProof(fields: fields + [removed])
            }
        }
        expectRefusal(.malformedProof) { () throws(TrustError) in try HandshakeProof(fields: []) }
        expectRefusal(.malformedProof) { () throws(TrustError) in
            try HandshakeProof(fields: fields + [("extra", .int(1))])
        }
    }
}
