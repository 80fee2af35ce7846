import CSodium

/// A public key in the form of the signed note tools: `NAME+HASH+BASE64(0x01 || key)`.
///
/// - Source: C2SP signed-note; `hash` is the first four bytes of SHA-256(name || LF || 0x01 || key).
struct NoteVerifier: Sendable, Hashable {
    /// Signature type of a plain Ed25519 signature over the note's text.
    static let ed25519: UInt8 = 1

    let name: String
    /// 32 bytes.
    let publicKey: [UInt8]

    init(name: String, publicKey: [UInt8]) {
        self.name = name
        self.publicKey = publicKey
    }

    init(_ text: String) throws(AuditError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(parts[2].utf8), bytes.count == 33,
            bytes[0] == Self.ed25519
        else { throw AuditError(.badKey, "a verifier key is name+hash+base64 of an Ed25519 key") }
        try Self.checkName(String(parts[0]))
        self.init(name: String(parts[0]), publicKey: Array(bytes[1...]))
        guard parts[1] == hashText else {
            throw AuditError(.badKey, "the hash does not belong to the verifier key")
        }
    }

    var text: String { "\(name)+\(hashText)+\(Base64.encode([Self.ed25519] + publicKey))" }

    /// The key id: four bytes.
    var hash: [UInt8] { Array(SHA256Hash.of(Array(name.utf8) + [10, Self.ed25519] + publicKey).bytes[..<4]) }

    var hashText: String {
        String(SHA256Hash.of(Array(name.utf8) + [10, Self.ed25519] + publicKey).hexadecimal.prefix(8))
    }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Int(crypto_sign_BYTES) else { return false }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    static func checkName(_ name: String) throws(AuditError) {
        let isBad = name.unicodeScalars.contains {
            $0 == "+" || $0.properties.isWhitespace || $0.properties.generalCategory == .control
        }
        guard !name.isEmpty, name.utf8.count <= 256, !isBad else {
            throw AuditError(.badOrigin, "1 to 256 bytes, no blanks, no '+', no control characters")
        }
    }
}
