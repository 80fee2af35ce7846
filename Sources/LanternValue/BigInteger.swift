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

    /// The value, when 64 signed bits hold it.
    public var int64: Int64? {
        guard let small = smallMagnitude else { return nil }
        guard isNegative else { return Int64(exactly: small) }
        // The most negative number has no positive counterpart.
        return small == Int64.min.magnitude ? Int64.min : Int64(exactly: small).map { -$0 }
    }

    /// The value, when 64 unsigned bits hold it.
    public var uint64: UInt64? { isNegative ? nil : smallMagnitude }

    private var smallMagnitude: UInt64? {
        switch magnitude.count {
        case 0: 0
        case 1: UInt64(magnitude[0])
        case 2: UInt64(magnitude[1]) << 32 | UInt64(magnitude[0])
        default: nil
        }
    }
}
