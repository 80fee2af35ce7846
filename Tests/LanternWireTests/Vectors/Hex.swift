import NIOCore

/// Bytes from hexadecimal digits; `nil` when they are none.
func bytes(hex: String) -> ByteBuffer? {
    let digits = hex.utf8.map { UInt8(truncatingIfNeeded: Character(Unicode.Scalar($0)).hexDigitValue ?? 255) }
    guard digits.count.isMultiple(of: 2), !digits.contains(255) else { return nil }
    return ByteBuffer(bytes: stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
}
