/// An integer of any size: a sign and a magnitude.
public struct BigInteger: Sendable, Hashable {
    public let isNegative: Bool
    /// Base 2^32 digits, least significant first, without leading zeros; empty for zero.
    public let magnitude: [UInt32]

    public init(isNegative: Bool, magnitude: [UInt32]) {
        var digits = magnitude
        while digits.last == 0 { digits.removeLast() }
        self.magnitude = digits
        self.isNegative = isNegative && !digits.isEmpty
    }

    public init(_ value: UInt64) {
        self.init(isNegative: false, magnitude: [UInt32(truncatingIfNeeded: value), UInt32(value >> 32)])
    }

    public init(_ value: Int64) {
        let magnitude = value.magnitude
        self.init(
            isNegative: value < 0,
            magnitude: [UInt32(truncatingIfNeeded: magnitude), UInt32(magnitude >> 32)])
    }
}
