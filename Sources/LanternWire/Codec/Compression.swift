/// Whether the payload of an outgoing frame is compressed.
package enum Compression: Sendable, Hashable {
    case none
    /// From `threshold` bytes on, and only when it gets smaller; Pyro4's way.
    case whenSmaller(threshold: Int = 200, level: Int = 6)
    /// Everything over 100 bytes, even when it grows, with level 4; Pyro5's way.
    case pyro5
}
