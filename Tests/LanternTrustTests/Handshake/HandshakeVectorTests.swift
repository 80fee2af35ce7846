import Foundation
import Testing

@testable import LanternTrust

/// `Tests/Vectors/handshake.json`, made by Python's hmac and PyNaCl.
struct HandshakeVectorTests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        struct Fields: Decodable, Sendable {
            let lantern: Int64, alg: String, key: String, time: Int64, nonce: String, binding: String,
                proof: String
        }

        let name: String, role: String, `protocol`: UInt16, algorithm: String, keyId: String, object: String
        let time: Int64, clientNonce: String, serverNonce: String, binding: String, bindingValue: String
        let clientCertificateSha256: String, serverCertificateSha256: String, clientProof: String
        let secret: String, `public`: String, transcript: String, proof: String, fields: Fields

        var testDescription: String { name }
    }

    /// A proof that a server refuses.
    struct Refusal: Decodable, Sendable, CustomTestStringConvertible {
        let kind: String, name: String, `protocol`: UInt16, object: String, bindingValue: String
        let clientCertificateSha256: String, serverCertificateSha256: String
        let algorithm: String, keyId: String, secret: String, now: Int64, twice: Bool
        let fields: Vector.Fields, code: String

        var testDescription: String { "\(kind) \(name)" }
    }

    private struct Document: Decodable {
        var vectors: [Vector] = []
        var refusals: [Refusal] = []
    }

    static var vectors: [Vector] { document.vectors }

    private static let document: Document = {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Vectors/handshake.json").standardized
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (try? decoder.decode(Document.self, from: Data(contentsOf: url))) ?? Document()
    }()

    @Test("the vectors are there")
    func found() {
        #expect(Self.vectors.count == 12)
        #expect(Self.document.refusals.count == 90)
        let kinds = Set(Self.document.refusals.map(\.kind))
        #expect(kinds == ["replayed", "relayed", "reflected", "cut", "swapped", "stale"])
    }

    @Test(
        "what is replayed, relayed, reflected, cut, swapped or stale is refused", arguments: document.refusals
    )
    func refused(refusal: Refusal) throws {
        let identity = Ends.clientIdentity
        let algorithm = try #require(HandshakeAlgorithm(rawValue: refusal.algorithm))
        let key = try HandshakeKey(
            id: refusal.keyId, algorithm: algorithm, identities: [], secret: secret(bytes(refusal.secret)))
        let server = try Authenticator(
            keyring: Keyring(
                own: .generate(id: "server-1", algorithm: algorithm),
                authorized: [key.authorizedKey(for: [identity])]), clock: { refusal.now })
        let fingerprint = bytes(refusal.clientCertificateSha256)
        let channel = ChannelFacts(
            clientFingerprint: fingerprint, serverFingerprint: bytes(refusal.serverCertificateSha256),
            exporter: refusal.bindingValue.isEmpty ? nil : bytes(refusal.bindingValue))
        let peer = PeerCertificate(
            identity: try PeerIdentity(identity), fingerprint: fingerprint, notBefore: 0, notAfter: .max,
            subject: "CN=test", serialNumber: "01")
        func accept() throws {
            _ = try server.acceptClient(
                Self.proof(refusal.fields), protocolVersion: refusal.protocol, object: refusal.object,
                channel: channel, peer: peer)
        }
        if refusal.twice { try accept() }
        let error = #expect(throws: TrustError.self) { try accept() }
        #expect(error?.code.description == refusal.code, "\(error?.detail ?? "")")
        #expect(error?.peerMessage == "authentication failed")
    }

    private static func proof(_ fields: Vector.Fields) throws -> HandshakeProof {
        try HandshakeProof(fields: [
            ("lantern", .int(fields.lantern)), ("alg", .text(fields.alg)), ("key", .text(fields.key)),
            ("time", .int(fields.time)), ("nonce", .text(fields.nonce)), ("binding", .text(fields.binding)),
            ("proof", .text(fields.proof)),
        ])
    }

    @Test("the transcript is byte for byte another implementation's", arguments: vectors)
    func transcript(vector: Vector) throws {
        #expect(hex(try Self.transcript(vector).bytes) == vector.transcript)
    }

    @Test("the proof is byte for byte another implementation's", arguments: vectors)
    func proof(vector: Vector) throws {
        let key = try Self.key(vector)
        #expect(hex(key.prove(bytes(vector.transcript))) == vector.proof)
        #expect(hex(key.publicBytes ?? []) == vector.public)
        let authorized = try key.authorizedKey(for: ["spiffe://lantern.test/*"])
        #expect(authorized.verifies(bytes(vector.proof), over: bytes(vector.transcript)))
        #expect(!authorized.verifies(bytes(vector.proof).flipped(at: 3), over: bytes(vector.transcript)))
    }

    @Test("the travelling form is another implementation's", arguments: vectors)
    func fields(vector: Vector) throws {
        let fields = vector.fields
        let proof = try Self.proof(fields)
        #expect(hex(proof.proof) == vector.proof)
        #expect(hex(proof.nonce) == (vector.role == "client" ? vector.clientNonce : vector.serverNonce))
        #expect(proof.fields.first { $0.0 == "proof" }?.1 == .text(fields.proof))
        #expect(proof.fields.first { $0.0 == "nonce" }?.1 == .text(fields.nonce))
    }

    @Test("no altered field leaves the transcript as it was", arguments: vectors)
    func everyFieldCounts(vector: Vector) throws {
        let transcript = try Self.transcript(vector)
        let changes: [(inout Transcript) -> Void] = [
            { $0.role = $0.role == .client ? .server : .client }, { $0.protocolVersion = 50 },
            { $0.algorithm = $0.algorithm == .hmac ? .ed25519 : .hmac }, { $0.keyID += "x" },
            { $0.object += "x" },
            { $0.time += 1 }, { $0.clientNonce = $0.clientNonce.flipped(at: 0) }, { $0.serverNonce += [0] },
            { $0.binding = $0.binding == .certificates ? .tlsExporter : .certificates },
            { $0.bindingValue += [0] },
            { $0.clientFingerprint = $0.clientFingerprint.flipped(at: 31) },
            { $0.serverFingerprint = $0.serverFingerprint.flipped(at: 31) }, { $0.clientProof += [0] },
            // Bytes moved over the border between two fields.
            { ($0.keyID, $0.object) = ($0.keyID + "e", String($0.object.dropFirst())) },
            { swap(&$0.clientFingerprint, &$0.serverFingerprint) },
        ]
        let key = try Self.key(vector).authorizedKey(for: [])
        for change in changes {
            var altered = transcript
            change(&altered)
            #expect(altered.bytes != transcript.bytes)
            #expect(!key.verifies(bytes(vector.proof), over: altered.bytes))
        }
    }

    private static func key(_ vector: Vector) throws -> HandshakeKey {
        try HandshakeKey(
            id: vector.keyId, algorithm: try #require(.init(rawValue: vector.algorithm)), identities: [],
            secret: secret(bytes(vector.secret)))
    }

    private static func transcript(_ vector: Vector) throws -> Transcript {
        Transcript(
            role: try #require(.init(rawValue: vector.role)), protocolVersion: vector.protocol,
            algorithm: try #require(.init(rawValue: vector.algorithm)), keyID: vector.keyId,
            object: vector.object, time: vector.time, clientNonce: bytes(vector.clientNonce),
            serverNonce: bytes(vector.serverNonce), binding: try #require(.init(rawValue: vector.binding)),
            bindingValue: bytes(vector.bindingValue),
            clientFingerprint: bytes(vector.clientCertificateSha256),
            serverFingerprint: bytes(vector.serverCertificateSha256),
            clientProof: bytes(vector.clientProof))
    }
}

private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
