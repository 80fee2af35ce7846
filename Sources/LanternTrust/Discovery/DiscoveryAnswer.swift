/// The datagram by which a name server answers a ``DiscoveryAsk``. Read ones are not yet believed: see
/// ``Keyring/judge(_:asked:expecting:at:)``.
///
/// Integers big-endian:
///
/// | bytes | field                                        |
/// |------:|:---------------------------------------------|
/// |     8 | `LANTERN!`                                   |
/// |     1 | version, 1                                   |
/// |     1 | algorithm: 1 Ed25519, 2 HMAC                 |
/// |     8 | time, milliseconds since 1970                |
/// |    32 | nonce of the ask                             |
/// | 1 + n | length and key id                            |
/// | 2 + n | length and identity of the name server       |
/// | 2 + n | length and URI of the name server            |
/// | 64/32 | signature or authentication code, to the end |
package struct DiscoveryAnswer: Sendable, Hashable {
    static let mark = Array("LANTERN!".utf8)
    static let context = "lantern discovery v1"
    /// Milliseconds. The nonce makes an answer fresh; only a broken clock is further off.
    package static let tolerance: Int64 = 300_000

    package let algorithm: HandshakeAlgorithm
    package let keyID: String
    /// Milliseconds since 1970.
    package let time: Int64
    /// 32 bytes.
    package let nonce: [UInt8]
    package let identity: String
    package let uri: String
    package let proof: [UInt8]

    init(
        algorithm: HandshakeAlgorithm, keyID: String, time: Int64, nonce: [UInt8], identity: String,
        uri: String, proof: [UInt8]
    ) {
        self.algorithm = algorithm
        self.keyID = keyID
        self.time = time
        self.nonce = nonce
        self.identity = identity
        self.uri = uri
        self.proof = proof
    }

    /// What is signed: each field four bytes of length and then its bytes.
    var transcript: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ field: some Collection<UInt8>) {
            bytes += Self.bytes(of: UInt32(truncatingIfNeeded: field.count))
            bytes += field
        }
        add(Self.context.utf8)
        add(algorithm.rawValue.utf8)
        add(keyID.utf8)
        add(Self.bytes(of: time))
        add(nonce)
        add(identity.utf8)
        add(uri.utf8)
        return bytes
    }

    package var bytes: [UInt8] {
        Self.mark + [DiscoveryAsk.version, algorithm == .ed25519 ? 1 : 2] + Self.bytes(of: time) + nonce
            + [UInt8(truncatingIfNeeded: keyID.utf8.count)] + keyID.utf8
            + Self.bytes(of: UInt16(truncatingIfNeeded: identity.utf8.count)) + identity.utf8
            + Self.bytes(of: UInt16(truncatingIfNeeded: uri.utf8.count)) + uri.utf8 + proof
    }

    private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}

extension DiscoveryAnswer {
    /// Reads what ``bytes`` writes.
    ///
    /// - Throws: ``TrustError/Code/oversizedAnswer``, ``TrustError/Code/unsignedAnswer``,
    ///   ``TrustError/Code/malformedAnswer``, ``TrustError/Code/unsupportedAlgorithm``.
    package init(reading datagram: [UInt8]) throws(TrustError) {
        guard datagram.count <= DiscoveryAsk.length else {
            throw TrustError(
                .oversizedAnswer, "the answer has \(datagram.count) bytes, \(DiscoveryAsk.length) are allowed"
            )
        }
        guard !datagram.starts(with: "PYRO:".utf8) else {
            throw TrustError(.unsignedAnswer, "the answer is one of Pyro's, without a signature")
        }
        var reader = Reader(rest: datagram[...])
        guard try reader.take(Self.mark.count).elementsEqual(Self.mark) else {
            throw Self.malformed("the answer is not one of Lantern's")
        }
        let version = try reader.number(1)
        guard version == Int64(DiscoveryAsk.version) else {
            throw Self.malformed("version \(version) is not \(DiscoveryAsk.version)")
        }
        switch try reader.number(1) {
        case 1: algorithm = .ed25519
        case 2: algorithm = .hmac
        default:
            throw TrustError(.unsupportedAlgorithm, "the answer has an algorithm that Lantern does not have")
        }
        time = try reader.number(8)
        nonce = Array(try reader.take(DiscoveryAsk.nonceLength))
        keyID = try reader.text(lengthBytes: 1)
        guard HandshakeKey.isID(keyID) else { throw Self.malformed("the key id is not one") }
        identity = try reader.text(lengthBytes: 2)
        uri = try reader.text(lengthBytes: 2)
        proof = Array(reader.rest)
        guard proof.count == algorithm.proofLength else {
            throw Self.malformed("\(proof.count) bytes of signature instead of \(algorithm.proofLength)")
        }
        guard time >= 0 else { throw Self.malformed("the time is negative") }
    }

    fileprivate static func malformed(_ detail: String) -> TrustError {
        TrustError(.malformedAnswer, detail)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ count: Int) throws(TrustError) -> ArraySlice<UInt8> {
            guard rest.count >= count else { throw malformed("the answer ends too early") }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        mutating func number(_ count: Int) throws(TrustError) -> Int64 {
            try take(count).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }

        /// Visible ASCII: identities, URIs and key ids have nothing else.
        mutating func text(lengthBytes: Int) throws(TrustError) -> String {
            let bytes = try take(Int(number(lengthBytes)))
            guard !bytes.isEmpty, bytes.allSatisfy(\.isVisible) else {
                throw malformed("a text in the answer is empty or has characters that it cannot have")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
