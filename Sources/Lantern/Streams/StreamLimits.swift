/// What pushed item streams may cost one connection; both ends have their own.
///
/// A producer sends no further ahead of its reader than the reader's window. A reader holds in memory what its window
/// allows and one item more, still encoded, and at most 64 KiB or one item of it decoded.
public struct StreamLimits: Sendable, Hashable {
    /// Streams open at once on one connection, for each direction.
    public var perConnection = 256
    /// Items that may be on their way to a reader here.
    public var windowItems = 16_384
    /// Bytes of items that may be on their way to a reader here. The item that uses up the window may be larger than
    /// what is left of it.
    public var windowBytes = 1 << 20
    /// The largest single item, in bytes as it travels, sent or received; never more than a message may have.
    public var itemSize = 16 << 20

    public init() {}

    /// Streams that one call may take as arguments.
    package static let argumentsPerCall = 16

    var window: StreamWindow {
        StreamWindow(
            items: min(max(1, windowItems), CreditAccount.maximum / 2),
            bytes: min(max(1, windowBytes), CreditAccount.maximum / 2))
    }
}

/// How item streams come from Lantern peers. (From Pyro peers they are always pulled.)
public enum StreamDelivery: Sendable, Hashable, CaseIterable {
    /// The producer sends ahead, within the window of ``StreamLimits``. Such a stream ends with its connection.
    case pushed
    /// The reader asks for each item with a call of its own, as in Pyro. Slow, but the producer makes no item before
    /// it is asked for, and the stream can be read on after a lost connection.
    case pulled
}

/// How far a producer may run ahead of one reader.
struct StreamWindow: Sendable, Hashable {
    let items: Int
    let bytes: Int
}
