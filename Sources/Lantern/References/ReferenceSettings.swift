/// What becomes of remote objects that travel as arguments and results.
public struct ReferenceSettings: Sendable, Hashable {
    /// Where a daemon connects to call an object elsewhere that a caller passed to it.
    ///
    /// The address is of the caller's choosing. Objects that a client handed out on its own connection are called over
    /// that connection, whatever is set here. A client that gets a remote object as a result has chosen whom
    /// it asks; its proxy has the options, expected identity included, of the proxy that gave it.
    public enum Connecting: Sendable, Hashable {
        /// Nowhere: such an object can be passed on, not called.
        case never
        /// To the address that the caller's own connection comes from, and only if the object's daemon has the very
        /// identity of the caller. Names are not looked up: they are only checked against the certificate.
        case caller
        /// Anywhere, if the object's daemon has this identity: exact, or a pattern with `*`.
        case anywhere(identity: String)
    }

    public var connecting = Connecting.caller
    /// Objects that one connection of a client may have handed out at once.
    public var handedOut = 1_024
    /// Handlers that run at once for callbacks that come to a client over one connection; others wait in line. Calls
    /// that belong to a call of the client's own that is under way may be as many again.
    public var handlersPerConnection = 64

    public init() {}
}
