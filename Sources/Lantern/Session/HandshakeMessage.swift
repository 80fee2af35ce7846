package import LanternTrust
package import LanternValue
package import LanternWire

/// What travels in CONNECT, CONNECTOK and CONNECTFAIL, as values.
package enum HandshakeMessage {
    /// Decoding limits before a peer is known: a handshake is small and flat.
    package static var limits: DecodingLimits {
        var limits = DecodingLimits(depth: 12)
        limits.nodes = 1_000
        return limits
    }

    /// Decoding limits for the answer, which lists the members of an object.
    package static var answerLimits: DecodingLimits {
        var limits = DecodingLimits(depth: 12)
        limits.nodes = 10_000
        return limits
    }

    /// Bytes of a program's own handshake value, either way; with the proof it fits into what a stranger may send.
    package static let maximumData = 8 << 10

    /// The body of a CONNECT.
    package struct Request: Sendable {
        package let proof: HandshakeProof
        /// Empty when an old v48 client names none.
        package let object: String

        package init(proof: HandshakeProof, object: String) {
            self.proof = proof
            self.object = object
        }

        package init(reading payload: [UInt8], format: SerializerFormat) throws {
            let body = try decode(payload, as: format, limits: limits)
            guard let data = body["handshake"] else {
                throw ValueError.malformed("CONNECT without 'handshake'")
            }
            guard let proof = HandshakeProof(value: data) else {
                throw LanternError(
                    .authenticationFailed,
                    "the peer sent no signed handshake: plain Pyro programs need the lantern_pyro runner")
            }
            self.proof = proof
            object = body["object"]?.textValue ?? ""
        }

        package func encoded(as format: SerializerFormat) throws -> [UInt8] {
            try encode(
                .map([ValuePair("handshake", proof.value), ValuePair("object", .text(object))]), as: format)
        }
    }

    /// What an object offers, as the answer to CONNECT and `get_metadata` carry it.
    package struct Metadata: Sendable, Hashable {
        package var methods: Set<String>
        package var oneway: Set<String>
        package var attributes: Set<String>

        package init(methods: Set<String>, oneway: Set<String>, attributes: Set<String>) {
            self.methods = methods
            self.oneway = oneway
            self.attributes = attributes
        }

        /// - Returns: nil when it is not a metadata dict; sets, lists and tuples are taken.
        package init?(_ value: Value) {
            func names(_ key: String) -> Set<String>? {
                value[key]?.elements.map { Set($0.compactMap(\.textValue)) }
            }
            guard let methods = names("methods"), let oneway = names("oneway"),
                let attributes = names("attrs")
            else { return nil }
            self.init(methods: methods, oneway: oneway, attributes: attributes)
        }

        /// - Parameter asLists: v48 sends lists in CONNECTOK, everything else sets.
        package func value(asLists: Bool) -> Value {
            func names(_ names: Set<String>) -> Value {
                let members = names.sorted().map { Value.text($0) }
                return asLists ? .list(members) : .set(members)
            }
            return .map([
                ValuePair("methods", names(methods)), ValuePair("oneway", names(oneway)),
                ValuePair("attrs", names(attributes)),
            ])
        }
    }

    /// The body of a CONNECTOK.
    package static func answer(
        proof: HandshakeProof, metadata: Metadata?, version: WireVersion, as format: SerializerFormat
    ) throws -> [UInt8] {
        guard let metadata else { return try encode(proof.value, as: format) }
        return try encode(
            .map([
                ValuePair("handshake", proof.value),
                ValuePair("meta", metadata.value(asLists: version == .v48)),
            ]), as: format)
    }
}

extension HandshakeProof {
    /// The proof as the dict that travels.
    package var value: Value {
        .map(
            fields.map { name, field in
                switch field {
                case .text(let text): ValuePair(.text(name), .text(text))
                case .int(let number): ValuePair(.text(name), .int(number))
                }
            })
    }

    /// - Returns: nil when the value is no proof dict.
    package init?(value: Value) {
        guard let pairs = value.pairs, pairs.count <= 16 else { return nil }
        var fields: [(String, ProofField)] = []
        for pair in pairs {
            guard let name = pair.key.textValue else { return nil }
            if let text = pair.value.textValue {
                fields.append((name, .text(text)))
            } else if let number = pair.value.intValue {
                fields.append((name, .int(Int64(number))))
            } else {
                return nil
            }
        }
        guard let proof = try? HandshakeProof(fields: fields) else { return nil }
        self = proof
    }
}

extension WireSerializer {
    /// The serializer as `LanternValue` knows it; nil for pickle and what nobody knows.
    package var format: SerializerFormat? {
        switch self {
        case .serpent: .serpent
        case .json: .json
        case .marshal: .marshal
        case .msgpack: .msgpack
        default: nil
        }
    }
}

extension SerializerFormat {
    package var wire: WireSerializer {
        switch self {
        case .serpent: .serpent
        case .json: .json
        case .marshal: .marshal
        case .msgpack: .msgpack
        }
    }
}
