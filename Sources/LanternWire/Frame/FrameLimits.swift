/// What one frame of a peer may cost us.
///
/// Sizes over ``ceiling`` have the same effect as that one.
package struct FrameLimits: Sendable, Hashable {
    /// Payload as it travels plus annotations, in bytes; equal is allowed.
    package var maximumMessage: Int
    /// A compressed payload after inflating, in bytes.
    package var maximumInflated: Int
    /// How many times larger than its compressed form a payload may be. Payloads of up to
    /// ``freelyInflated`` bytes are not measured.
    package var maximumRatio: Int
    /// Annotations in one frame, repeated names included.
    package var maximumAnnotations: Int

    package init(
        maximumMessage: Int = 64 << 20,
        maximumInflated: Int = 64 << 20,
        maximumRatio: Int = 200,
        maximumAnnotations: Int = 64
    ) {
        self.maximumMessage = maximumMessage
        self.maximumInflated = maximumInflated
        self.maximumRatio = maximumRatio
        self.maximumAnnotations = maximumAnnotations
    }

    /// 2 GiB less one byte: what a `ByteBuffer` surely holds, and what v48 can express.
    package static let ceiling = Int(Int32.max)

    /// Bytes below which the ratio does not count.
    package static let freelyInflated = 64 << 10

    /// For a peer that has proven who it is.
    package static let standard = Self()

    /// For a peer that nobody knows yet: 16 KiB for everything.
    package static let beforeAuthentication = Self(maximumMessage: 16 << 10, maximumInflated: 16 << 10)
}
