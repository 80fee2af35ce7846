import CSodium

/// Standard base64 with padding (RFC 4648 section 4), through libsodium: constant time, strict.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let length = sodium_base64_encoded_len(bytes.count, sodium_base64_VARIANT_ORIGINAL)
        var text = [CChar](repeating: 0, count: length)
        _ = sodium_bin2base64(&text, length, bytes, bytes.count, sodium_base64_VARIANT_ORIGINAL)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// - Returns: `nil` for anything but the one right spelling.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let input = text.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: input.count / 4 * 3 + 3)
        var count = 0
        let status = sodium_base642bin(
            &bytes, bytes.count, input, input.count, nil, &count, nil, sodium_base64_VARIANT_ORIGINAL)
        return status == 0 ? Array(bytes[..<count]) : nil
    }
}
