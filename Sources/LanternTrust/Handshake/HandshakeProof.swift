/// One end's half of the signed handshake, as it travels in CONNECT and CONNECTOK.
package struct HandshakeProof: Sendable, Hashable {
    package static let version: Int64 = 1
    static let nonceLength = 32

    package let algorithm: HandshakeAlgorithm
    package let keyID: String
    /// Milliseconds since 1970.
    package let time: Int64
    /// 32 bytes.
    package let nonce: [UInt8]
    package let binding: ChannelBinding
    /// 64 bytes of signature or 32 of authentication code.
    package let proof: [UInt8]

    init(
        algorithm: HandshakeAlgorithm, keyID: String, time: Int64, nonce: [UInt8], binding: ChannelBinding,
        proof: [UInt8]
    ) {
        self.algorithm = algorithm
        self.keyID = keyID
        self.time = time
        self.nonce = nonce
        self.binding = binding
        self.proof = proof
    }
}

/// A field of a proof on the wire, where the proof is a dictionary.
package enum ProofField: Sendable, Hashable {
    case text(String)
    case int(Int64)
}

extension HandshakeProof {
    private enum Name: String, CaseIterable {
        case lantern, alg, key, time, nonce, binding, proof
    }

    /// The dictionary that travels, in the order in which it is written.
    package var fields: [(String, ProofField)] {
        [
            (Name.lantern.rawValue, .int(Self.version)),
            (Name.alg.rawValue, .text(algorithm.rawValue)),
            (Name.key.rawValue, .text(keyID)),
            (Name.time.rawValue, .int(time)),
            (Name.nonce.rawValue, .text(Sodium.base64(nonce))),
            (Name.binding.rawValue, .text(binding.rawValue)),
            (Name.proof.rawValue, .text(Sodium.base64(proof))),
        ]
    }

    /// Reads what ``fields`` writes, in any order.
    ///
    /// - Throws: ``TrustError/Code/malformedProof`` when a field is missing, doubled, unknown, of the wrong type
    ///   or of the wrong length; ``TrustError/Code/unsupportedAlgorithm``.
    package init(fields: [(String, ProofField)]) throws(TrustError) {
        try Sodium.require()
        let fields = try FieldReader(fields)
        let version = try fields.int(.lantern)
        guard version == Self.version else { throw Self.malformed("version \(version) is not \(Self.version)") }
        guard let algorithm = HandshakeAlgorithm(rawValue: try fields.text(.alg)) else {
            throw TrustError(.unsupportedAlgorithm, "the proof names an algorithm that Lantern does not have")
        }
        guard let binding = ChannelBinding(rawValue: try fields.text(.binding)) else {
            throw Self.malformed("unknown channel binding")
        }
        let keyID = try fields.text(.key)
        guard HandshakeKey.isID(keyID) else { throw Self.malformed("'key' is not a key id") }
        let time = try fields.int(.time)
        guard time >= 0 else { throw Self.malformed("'time' is negative") }
        self.init(
            algorithm: algorithm, keyID: keyID, time: time,
            nonce: try fields.bytes(.nonce, count: Self.nonceLength), binding: binding,
            proof: try fields.bytes(.proof, count: algorithm.proofLength))
    }

    private static func malformed(_ detail: String) -> TrustError { TrustError(.malformedProof, detail) }

    private struct FieldReader {
        private var values: [Name: ProofField] = [:]

        init(_ fields: [(String, ProofField)]) throws(TrustError) {
            guard fields.count == Name.allCases.count else {
                throw malformed("\(fields.count) fields instead of \(Name.allCases.count)")
            }
            for (name, value) in fields {
                guard let name = Name(rawValue: name) else { throw malformed("unknown field") }
                guard values.updateValue(value, forKey: name) == nil else {
                    throw malformed("'\(name.rawValue)' stands there twice")
                }
            }
        }

        func int(_ name: Name) throws(TrustError) -> Int64 {
            guard case .int(let value) = values[name] else { throw malformed("'\(name.rawValue)' is not a number") }
            return value
        }

        func text(_ name: Name) throws(TrustError) -> String {
            guard case .text(let value) = values[name] else { throw malformed("'\(name.rawValue)' is not a text") }
            return value
        }

        func bytes(_ name: Name, count: Int) throws(TrustError) -> [UInt8] {
            guard let bytes = Sodium.bytes(base64: try text(name).utf8, count: count) else {
                throw malformed("'\(name.rawValue)' is not base64 of \(count) bytes")
            }
            return bytes
        }
    }
}
