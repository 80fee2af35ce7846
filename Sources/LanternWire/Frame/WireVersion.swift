/// The two framings that are served on one port.
///
/// Both start with the tag "PYRO" and the version as 16 bits, so six bytes tell them apart.
///
/// - Source: Pyro4's `message.py` for 48, Pyro5's `protocol.py` for 502.
package enum WireVersion: UInt16, Sendable, Hashable, CaseIterable {
    /// Pyro4.
    case v48 = 48
    /// Pyro5.
    case v502 = 502

    /// Size of the fixed part in front of every frame, in bytes.
    package var headerSize: Int {
        switch self {
        case .v48: 24
        case .v502: 40
        }
    }

    /// Bytes that every annotation costs besides its data.
    package var annotationOverhead: Int {
        switch self {
        case .v48: 6
        case .v502: 8
        }
    }

    /// What the header can express for all annotations together.
    var maximumAnnotationBlock: Int {
        switch self {
        case .v48: Int(UInt16.max)
        case .v502: Int(UInt32.max)
        }
    }
}
