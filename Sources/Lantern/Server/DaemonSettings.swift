public import LanternValue
import LanternWire

/// What a daemon lets its peers cost, and how long it waits for them. Every time is finite unless said otherwise.
public struct DaemonLimits: Sendable, Hashable {
    /// Connections at once; one more is closed as soon as it is accepted.
    public var connections = 10_000
    /// Handlers running at once for one connection of a Lantern peer. (Pyro peers have one, and one-way calls.)
    public var handlersPerConnection = 256
    /// Handlers running at once in the daemon.
    public var handlers = 4_096
    /// Calls in one batch.
    public var batchCalls = 10_000
    /// Payload and annotations of one message after authentication, in bytes, also when inflated.
    public var messageSize = 64 << 20
    /// What one message may hold.
    public var decoding = DecodingLimits()
    /// Open item streams, pulled and pushed.
    public var streams = 10_000
    public var streamsPerIdentity = 1_000
    /// Pushed item streams, in both directions. Streams that come as arguments are further limited to half of
    /// ``handlersPerConnection``, so that there is always room for calls that wait for none.
    public var pushedStreams = StreamLimits()
    /// Time from the accepted connection to the accepted signed handshake.
    public var handshakeTimeout = Duration.seconds(10)
    /// A call that names no deadline of its own is cancelled after this time.
    public var callTimeout = Duration.seconds(3_600)
    /// How long a pulled item stream waits for its reader after a disconnect (Pyro's ITER_STREAM_LINGER).
    public var streamLinger = Duration.seconds(30)
    /// How long an item stream lives at most; nil is for ever (Pyro's ITER_STREAM_LIFETIME).
    public var streamLifetime: Duration?
    /// How long running calls may take to finish when the daemon shuts down.
    public var drainTimeout = Duration.seconds(10)

    public init() {}
}
