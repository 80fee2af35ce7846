/// What a frame says about itself, free of the numbering of either version.
///
/// The bits here are Lantern's own and never travel: the same bit means different things in v48 and v502.
/// Bits that a version does not define are dropped in both directions.
package struct FrameFlags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The payload of a RESULT is an exception. Also set, for old clients, beside ``itemStreamResult``.
    package static let exception = Self(rawValue: 1 << 0)
    /// The payload travelled compressed. Information only: a frame's payload is always plain, and the
    /// encoder sets the bit when it compresses, whatever the frame says.
    package static let compressed = Self(rawValue: 1 << 1)
    /// No reply is wanted, not even an error.
    package static let oneway = Self(rawValue: 1 << 2)
    /// Several calls in one INVOKE, echoed on its RESULT.
    package static let batch = Self(rawValue: 1 << 3)
    /// The result is an item stream; the annotation STRM names it.
    package static let itemStreamResult = Self(rawValue: 1 << 4)
    /// The arguments are to be handed on unparsed; the annotation BLBI names object and method.
    package static let keepSerialized = Self(rawValue: 1 << 5)
    /// v48 only: metadata is wanted in, or part of, the handshake.
    package static let metaOnConnect = Self(rawValue: 1 << 6)
}

extension FrameFlags {
    /// v502 says with this bit that the correlation id in the header counts.
    static let correlationBit: UInt16 = 0x40

    /// Reads the bits of one version; unknown ones are ignored, as Pyro does.
    init(raw: UInt16, version: WireVersion) {
        let same = UInt8(truncatingIfNeeded: raw & 0x0F)
        switch version {
        case .v502:
            self.init(rawValue: same | UInt8(truncatingIfNeeded: raw & 0x30))
        case .v48:
            let meta = UInt8(truncatingIfNeeded: raw & 0x10) << 2
            let moved = UInt8(truncatingIfNeeded: raw & 0x60) >> 1
            self.init(rawValue: same | meta | moved)
        }
    }

    /// The bits of one version, without the one for the correlation id.
    func raw(in version: WireVersion) -> UInt16 {
        let same = UInt16(rawValue & 0x0F)
        switch version {
        case .v502:
            return same | UInt16(rawValue & 0x30)
        case .v48:
            return same | UInt16(rawValue & 0x30) << 1 | UInt16(rawValue & 0x40) >> 2
        }
    }
}
