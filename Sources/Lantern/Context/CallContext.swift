public import LanternTrust
public import LanternValue
package import LanternWire

/// Who calls, from where and how: what a method can ask about the call that it serves.
///
/// It is a task local: `CallContext.current?.peer.identity`. Tasks started with structured concurrency inherit it.
public struct CallContext: Sendable {
    @TaskLocal public static var current: CallContext?

    /// The caller, as certificate and signed handshake prove it.
    public let peer: AuthenticatedPeer
    /// The caller's address, `host:port`.
    public let address: String
    public internal(set) var object: String
    public internal(set) var method: String
    public let serializer: SerializerFormat
    package let correlation: CorrelationID
    /// When the caller stops waiting; nil when it did not say.
    public let deadline: ContinuousClock.Instant?
    /// Whether the caller waits for no answer.
    public let isOneway: Bool
    /// Whether the peer is a Lantern program (as against a Pyro one).
    public let peerIsLantern: Bool
    package let connection: ConnectionID
    package let wireVersion: WireVersion
    /// Whether a stream as result is pushed to the caller.
    package var pushesStreams = false
    /// The streams that came as arguments.
    package var streams: StreamArguments?
    /// What remote objects in arguments and results mean.
    package var references: (any ReferenceScope)?

    /// Stays the same along a chain of calls; a UUID in its text form.
    public var correlationID: String { correlation.description }
}
