/// What a handshake proof is made over.
///
/// Each field is four bytes of big-endian length and then its bytes, in the order of ``bytes``; so no two
/// different handshakes have the same bytes.
struct Transcript: Sendable, Hashable {
    static let context = "lantern handshake v1"

    var role: HandshakeRole
    /// 502 or 48, written as decimal text.
    var protocolVersion: UInt16
    var algorithm: HandshakeAlgorithm
    var keyID: String
    var object: String
    /// Milliseconds since 1970, written as eight bytes, big-endian.
    var time: Int64
    var clientNonce: [UInt8]
    /// Empty in the client's transcript.
    var serverNonce: [UInt8]
    var binding: ChannelBinding
    /// The exporter bytes, or empty for certificates.
    var bindingValue: [UInt8]
    var clientFingerprint: [UInt8]
    var serverFingerprint: [UInt8]
    /// Empty in the client's transcript.
    var clientProof: [UInt8]

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        func add(_ field: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: field.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: field)
        }
        add(Self.context.utf8)
        add(role.rawValue.utf8)
        add(String(protocolVersion).utf8)
        add(algorithm.rawValue.utf8)
        add(keyID.utf8)
        add(object.utf8)
        withUnsafeBytes(of: time.bigEndian) { add(Array($0)) }
        add(clientNonce)
        add(serverNonce)
        add(binding.rawValue.utf8)
        add(bindingValue)
        add(clientFingerprint)
        add(serverFingerprint)
        add(clientProof)
        return bytes
    }
}

extension Transcript {
    /// Takes from the channel what the binding needs.
    init(
        role: HandshakeRole, protocolVersion: UInt16, algorithm: HandshakeAlgorithm, keyID: String, object: String,
        time: Int64, clientNonce: [UInt8], serverNonce: [UInt8], binding: ChannelBinding, channel: ChannelFacts,
        clientProof: [UInt8]
    ) {
        self.init(
            role: role, protocolVersion: protocolVersion, algorithm: algorithm, keyID: keyID, object: object,
            time: time, clientNonce: clientNonce, serverNonce: serverNonce, binding: binding,
            bindingValue: binding == .tlsExporter ? channel.exporter ?? [] : [],
            clientFingerprint: channel.clientFingerprint, serverFingerprint: channel.serverFingerprint,
            clientProof: clientProof)
    }
}
