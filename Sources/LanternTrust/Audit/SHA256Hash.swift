import CSodium

/// SHA-256, and the two hashes of RFC 6962 that the tree is made of.
struct SHA256Hash: Sendable, Hashable {
    static let size = 32

    /// 32 bytes.
    let bytes: [UInt8]

    /// - Returns: `nil` when these are not 32 bytes.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = Array(bytes)
    }

    private init(digestOf input: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Self.size)
        _ = crypto_hash_sha256(&digest, input, UInt64(input.count))
        bytes = digest
    }

    static func of(_ input: [UInt8]) -> Self { Self(digestOf: input) }

    /// MTH({entry}) = SHA-256(0x00 || entry)
    static func leaf(_ entry: [UInt8]) -> Self { Self(digestOf: [0] + entry) }

    /// SHA-256(0x01 || left || right)
    static func node(_ left: Self, _ right: Self) -> Self { Self(digestOf: [1] + left.bytes + right.bytes) }

    var hexadecimal: String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        var text = String.UnicodeScalarView()
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(text)
    }
}
