/// What one decoded message may cost us; every limit is checked before memory is taken.
public struct DecodingLimits: Sendable, Hashable {
    /// Nested containers. Python's serpent stops at 200 itself.
    public var depth: Int = 200
    /// Values in one message, containers included.
    public var nodes: Int = 4_000_000
    /// Decimal digits of one integer, as CPython's own limit.
    public var integerDigits: Int = 4300

    public init() {}

    /// The limits with another nesting depth.
    public init(depth: Int) { self.depth = depth }
}
