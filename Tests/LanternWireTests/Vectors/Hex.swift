import NIOCore

/// Bytes from hexadecimal digits; `nil` when they are none.
func bytes(hex: String) -> ByteBuffer? {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { return nil }
    return ByteBuffer(
        bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
}
