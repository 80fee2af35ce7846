import NIOCore

/// Whether the payload of an outgoing frame is compressed.
package enum Compression: Sendable, Hashable {
    case none
    /// From `threshold` bytes on, and only when it gets smaller; Pyro4's way.
    case whenSmaller(threshold: Int = 200, level: Int = 6)
    /// Everything over 100 bytes, even when it grows, with level 4; Pyro5's way.
    case pyro5

    /// What ``whenSmaller(threshold:level:)`` makes of a body.
    ///
    /// - Returns: nil when the body is better sent as it is: short, not smaller when compressed, or so much smaller
    ///   that a receiver would take it for an attack (``FrameLimits/maximumRatio``).
    package static func pack(_ body: [UInt8]) -> [UInt8]? {
        guard body.count >= 200,
            let packed = try? Deflater.deflate(ByteBuffer(bytes: body), as: .whenSmaller())
        else { return nil }
        let size = packed.readableBytes
        guard
            body.count <= FrameLimits.freelyInflated || body.count / size <= FrameLimits.standard.maximumRatio
        else { return nil }
        return Array(buffer: packed)
    }
}
