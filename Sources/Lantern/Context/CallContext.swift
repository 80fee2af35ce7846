public import LanternTrust
public import LanternValue
import LanternWire

/// Who calls, from where and how: what a method can ask about the call that it serves.
///
/// It is a task local: `CallContext.current?.peer.identity`. Tasks started with structured concurrency inherit it.
public struct CallContext: Sendable {
    @TaskLocal public static var current: CallContext?

    package let call: ServedCall
    /// The method, where it is not the call's own: one of a batch.
    private var member: MemberName?

    init(_ call: ServedCall) { self.call = call }

    public var object: String { call.object }
    public var method: String { member?.text ?? call.method }
    public var serializer: SerializerFormat { call.serializer }

    /// When the caller stops waiting; nil when it did not say.
    public var deadline: ContinuousClock.Instant? { call.deadline }

    /// Whether the caller waits for no answer.
    public var isOneway: Bool { call.isOneway }

    /// Whether the call is part of a batch.
    public var isBatch: Bool { call.isBatch }

    /// The number that the caller gave to the message; another message of it may have had the same.
    public var sequence: UInt16 { call.sequence }

    /// The caller, as certificate and signed handshake prove it.
    public var peer: AuthenticatedPeer { call.caller.peer }

    /// The caller's address, `host:port`; on a Unix socket user and process, `unix:uid=1000,pid=4711`.
    public var address: String { call.caller.address }

    /// Whether the peer is a Lantern program (as against a Pyro one).
    public var peerIsLantern: Bool { call.caller.isLantern }

    /// The same for one call of a batch.
    func calling(_ member: MemberName) -> Self {
        var context = self
        if isBatch { context.member = member }
        return context
    }

    /// Stays the same along a chain of calls; a UUID in its text form.
    public var correlationID: String { call.correlation.description }

    /// The Pyro generation whose wire format the caller speaks.
    public var generation: PyroGeneration { call.version == .v48 ? .pyro4 : .pyro5 }

    /// What the caller sent beside its arguments.
    public var annotations: CallAnnotations { CallAnnotations(received: call.request) }

    /// Sends bytes back beside the result of this call; nil takes them away again.
    ///
    /// As in Pyro they travel with a result, also with each item of a stream, and not with an exception. After the call
    /// has ended this has no effect.
    ///
    /// - Throws: ``LanternError/Code/misuse`` for a name that cannot be, see ``CallAnnotations``.
    public func setResponseAnnotation(_ name: String, to bytes: [UInt8]?) throws {
        try call.notes.set(name, to: bytes)
    }

    /// Has a resource closed when the caller's connection ends, whatever the reason.
    ///
    /// - Throws: ``LanternError/Code/connectionLost`` when it has ended already,
    ///   ``LanternError/Code/overloaded`` past 10,000 resources of one connection. The resource is not taken over then.
    public func track(_ resource: any TrackedResource) throws {
        try call.caller.scope.resources.track(resource)
    }

    /// Leaves closing the resource to the program again.
    public func untrack(_ resource: any TrackedResource) { call.caller.scope.resources.untrack(resource) }
}
