import CSodium

/// SHA-256, and the two hashes of RFC 6962 that the tree is made of.
struct SHA256Hash: Sendable, Hashable {
    static let size = 32

    private typealias Words = (UInt64, UInt64, UInt64, UInt64)
    /// 32 bytes in the order of memory; no allocation, since a large log has millions.
    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64

    /// - Returns: `nil` when these are not 32 bytes.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        var words: Words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.init(words)
    }

    private init(_ words: Words) { (a, b, c, d) = words }

    /// Hashes a tag, if there is one, and the bytes behind it.
    private init(tag: UInt8?, _ input: UnsafeRawBufferPointer) {
        var state = crypto_hash_sha256_state()
        crypto_hash_sha256_init(&state)
        if var tag { crypto_hash_sha256_update(&state, &tag, 1) }
        if let base = input.baseAddress {
            let bytes = base.assumingMemoryBound(to: UInt8.self)
            crypto_hash_sha256_update(&state, bytes, UInt64(input.count))
        }
        var words: Words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { digest in
            if let base = digest.baseAddress?.assumingMemoryBound(to: UInt8.self) {
                crypto_hash_sha256_final(&state, base)
            }
        }
        self.init(words)
    }

    static func of(_ input: [UInt8]) -> Self { input.withUnsafeBytes { Self(tag: nil, $0) } }

    /// MTH({entry}) = SHA-256(0x00 || entry)
    static func leaf(_ entry: [UInt8]) -> Self { entry.withUnsafeBytes { Self(tag: 0, $0) } }

    static func leaf(_ entry: ArraySlice<UInt8>) -> Self { entry.withUnsafeBytes { Self(tag: 0, $0) } }

    /// SHA-256(0x01 || left || right)
    static func node(_ left: Self, _ right: Self) -> Self {
        var both = (left.a, left.b, left.c, left.d, right.a, right.b, right.c, right.d)
        return withUnsafeBytes(of: &both) { Self(tag: 1, $0) }
    }

    /// 32 bytes.
    var bytes: [UInt8] {
        var words: Words = (a, b, c, d)
        return withUnsafeBytes(of: &words) { Array($0) }
    }

    var hexadecimal: String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        var text = String.UnicodeScalarView()
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(text)
    }

    /// The hashes of a tile file, or as many as are whole.
    static func row(of bytes: [UInt8], count: Int) -> [SHA256Hash] {
        let whole = min(count, bytes.count / size)
        return (0..<whole).compactMap { SHA256Hash(bytes[($0 * size)..<(($0 + 1) * size)]) }
    }
}
