public import LanternTrust
public import LanternValue

/// What a program wants to be told about its daemon, or asked.
///
/// All but ``housekeeping`` run where the thing happens, on the connection's event loop or in the failed call's task:
/// they return at once and never block.
public struct DaemonHooks: Sendable {
    /// A method threw, also in a one-way call, whose caller learns nothing. The answer stays what it is.
    public var methodFailed: (@Sendable (_ error: any Error, _ call: CallContext) -> Void)?
    /// A client proved who it is and its connection was accepted.
    public var clientConnected: (@Sendable (ConnectedClient) -> Void)?
    /// The connection of a client that had connected ended. Calls of it may still be running out.
    public var clientDisconnected: (@Sendable (ConnectedClient) -> Void)?
    /// Decides about a client by the value that it sent with its CONNECT (``ProxyOptions/handshake``), and gives the
    /// value that it gets back; `None` is nothing.
    ///
    /// Called after certificate and signed handshake held, and after the client was found to have a right on the object;
    /// the value is `None` when none was sent. Throwing refuses the connection: a
    /// ``RemoteError``'s message is told to the client, other errors only to the log.
    public var validateHandshake: (@Sendable (_ client: ConnectedClient, _ value: Value) throws -> Value)?
    /// What goes along with the answer to every call that was run, errors and streams too (Pyro's
    /// `Daemon.annotations`). Where the method set the same name (``CallContext/setResponseAnnotation(_:to:)``), this
    /// one counts.
    ///
    /// Called once for each call, when it has ended; not for one-way calls and refusals, and not for the handshake,
    /// which has ``validateHandshake``. More than ``CallAnnotations/maximumCount`` together are an error for the caller.
    public var annotateAnswer: (@Sendable (_ call: CallContext) -> CallAnnotations)?
    /// Called about every second, on a thread for handlers; never twice at once.
    public var housekeeping: (@Sendable () async -> Void)?

    public init() {}
}

/// A client with an open connection.
public struct ConnectedClient: Sendable, Hashable {
    /// Who it is, as certificate and signed handshake prove it.
    public let peer: AuthenticatedPeer
    /// Its address, `host:port`.
    public let address: String
    /// The object that it named when it connected; it may call others.
    public let object: String
    /// Tells the connections of this process apart.
    package let connection: ConnectionID

    /// Another connection of the same client is not equal.
    public static func == (one: Self, other: Self) -> Bool { one.connection == other.connection }

    public func hash(into hasher: inout Hasher) { hasher.combine(connection) }
}
