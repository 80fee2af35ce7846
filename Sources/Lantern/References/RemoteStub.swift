/// What `@Remote` writes for a protocol: calls go through a proxy.
public protocol RemoteStub: Sendable {
    var proxy: RemoteProxy { get }
}

extension RemoteProxy {
    /// The proxy behind a stub; nil for an object that is not remote.
    ///
    /// Proxies are equal, and have the same hash, when their URIs are: `RemoteProxy.of(one) == RemoteProxy.of(other)`.
    public static func of(_ object: Any) -> RemoteProxy? { (object as? any RemoteStub)?.proxy }
}

extension RemoteProxy: Hashable {
    public static func == (one: RemoteProxy, other: RemoteProxy) -> Bool { one.uri == other.uri }
    public func hash(into hasher: inout Hasher) { hasher.combine(uri) }
}

extension RemoteProxy: CustomStringConvertible {
    public var description: String { "\(uri) (\(isConnected ? "connected" : "not connected"))" }
}

extension DynamicProxy: Hashable {
    public static func == (one: DynamicProxy, other: DynamicProxy) -> Bool { one.remote == other.remote }
    public func hash(into hasher: inout Hasher) { hasher.combine(remote) }
}

extension DynamicProxy: CustomStringConvertible {
    public var description: String { remote.description }
}
