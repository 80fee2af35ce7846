public import LanternValue
package import LanternWire

/// How one proxy, or one call, behaves.
public struct ProxyOptions: Sendable, Hashable {
    /// msgpack unless chosen otherwise: the quickest of the four, and it carries bytes.
    public var serializer = SerializerFormat.msgpack
    /// From the call to its answer, connecting included. The far side learns of it and stops working.
    public var timeout = Duration.seconds(30)
    /// From the first packet to the accepted handshake.
    public var connectTimeout = Duration.seconds(10)
    /// How many more times a call is tried after a lost connection or a failed attempt to connect, all within
    /// ``timeout``.
    ///
    /// Only for calls that may run twice: a call whose connection was lost may have been done. All retries of a
    /// client come out of one budget (``Settings/retryBudget``).
    public var retries = 0
    /// The identity that the far side must have: exact, or a pattern with `*`. Nil accepts any that is trusted.
    public var expectedIdentity: String?
    /// The name or IP address that the server's certificate must be for, in place of the host in the URI: for
    /// tunnels, and for Unix sockets, which have no host.
    ///
    /// When nil, a server behind a Unix socket or a connected one must have the ``expectedIdentity``, or without one
    /// a certificate for `localhost`.
    public var serverName: String?
    /// Which Pyro generation to speak. Nil finds out: a connection begins as Pyro5, and when the far side answers
    /// that it speaks the other one, it is made again in that. The client remembers Pyro4's places.
    public var generation: PyroGeneration?
    /// Whether calls of 200 bytes and more travel compressed when that makes them smaller.
    ///
    /// Off by default: it costs time, and the size of a compressed message tells something about what is in it to
    /// who can add to it and watch the encrypted connection.
    public var compression = false
    /// The size of the largest answer, in bytes.
    public var maximumMessage = 64 << 20
    /// What goes along with every call.
    public var annotations = CallAnnotations()
    /// A value for the far side's ``DaemonHooks/validateHandshake``; at most 8 KiB in the proxy's serializer. Lantern
    /// daemons read it, and Pyro5 ones that the runner started. The answer is ``RemoteProxy/handshakeAnswer()``.
    public var handshake: Value?
    /// How item streams come from Lantern peers. Arguments that are streams need ``StreamDelivery/pushed``.
    public var streamDelivery = StreamDelivery.pushed
    /// What pushed streams may cost, in both directions.
    public var streamLimits = StreamLimits()

    /// Whether the connection is followed by a new one before certificates end, and when we have another one ourselves.
    /// New calls go there and the old connection ends when it is done. Without it the connection stays until an end
    /// refuses it, as an object that keeps something for each connection may want.
    public var renewsConnections = true

    public init() {}

    public init(
        serializer: SerializerFormat = .msgpack, timeout: Duration = .seconds(30), retries: Int = 0,
        expectedIdentity: String? = nil, generation: PyroGeneration? = nil
    ) {
        self.serializer = serializer
        self.timeout = timeout
        self.retries = retries
        self.expectedIdentity = expectedIdentity
        self.generation = generation
    }

    /// The options that hold for calls made inside ``withValue(_:operation:)``, over those of the proxy.
    @TaskLocal public static var current: CallOptions?
}

/// What can be chosen for single calls: `ProxyOptions.$current.withValue(.init(retries: 2)) { … }`.
public struct CallOptions: Sendable, Hashable {
    public var timeout: Duration?
    public var retries: Int?
    /// What goes along with the calls, beside the proxy's own; these come first where both have a name.
    public var annotations: CallAnnotations?
    /// Takes in what comes back beside the result.
    public var response: CallResponse?
    package private(set) var correlation: CorrelationID?

    public init(
        timeout: Duration? = nil, retries: Int? = nil, annotations: CallAnnotations? = nil,
        response: CallResponse? = nil
    ) {
        self.timeout = timeout
        self.retries = retries
        self.annotations = annotations
        self.response = response
    }

    /// The UUID that ties these calls to others; nil leaves it to the call that is being served, if there is one, and
    /// else to the far side.
    public var correlationID: String? { correlation?.description }

    /// - Throws: ``LanternError/Code/misuse`` when the text is no UUID.
    public mutating func setCorrelationID(_ uuid: String?) throws {
        correlation = try uuid.map { text in
            guard let id = CorrelationID(uuidString: text) else {
                throw LanternError(.misuse, "a correlation id is a UUID in its text form")
            }
            return id
        }
    }
}

/// The two wire formats of Pyro.
public enum PyroGeneration: Sendable, Hashable, CaseIterable {
    /// Wire version 48.
    case pyro4
    /// Wire version 502.
    case pyro5

    package var wire: WireVersion { self == .pyro4 ? .v48 : .v502 }

    init(_ version: WireVersion) { self = version == .v48 ? .pyro4 : .pyro5 }
}
