internal import CSodium

/// libsodium, set up once per process.
enum Sodium {
    private static let isReady = sodium_init() >= 0

    /// - Throws: ``TrustError/Code/sodiumUnavailable``.
    static func require() throws(TrustError) {
        guard isReady else {
            throw TrustError(.sodiumUnavailable, "libsodium could not be set up: no source of randomness")
        }
    }

    /// Bytes that nobody can foresee; callers have called ``require()`` by holding a key.
    static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }

    /// Whether both are the same, in a time that tells only their lengths.
    static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && sodium_memcmp(one, other, one.count) == 0
    }

    static func base64(_ bytes: [UInt8]) -> String {
        let room = sodium_base64_encoded_len(bytes.count, sodium_base64_VARIANT_ORIGINAL)
        var text = [CChar](repeating: 0, count: room)
        sodium_bin2base64(&text, room, bytes, bytes.count, sodium_base64_VARIANT_ORIGINAL)
        return String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Reads standard base64 with padding, the whole text; `nil` when it is not that or not `count` bytes.
    static func bytes(base64 text: some Collection<UInt8>, count: Int) -> [UInt8]? {
        let text = text.map(CChar.init(bitPattern:))
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        let result = sodium_base642bin(
            &bytes, count, text, text.count, nil, &length, nil, sodium_base64_VARIANT_ORIGINAL)
        return result == 0 && length == count ? bytes : nil
    }
}
