import LanternWire

/// Proxies over a socket that is connected already: one end of a socket pair, or one that was inherited.
extension Client {
    /// A stub for an object behind a connected socket, with TLS and the signed handshake as everywhere.
    ///
    /// The server is checked by ``ProxyOptions/serverName`` or ``ProxyOptions/expectedIdentity``; without either its
    /// certificate must be for `localhost`.
    ///
    /// - Parameters:
    ///   - object: the object's id.
    ///   - socket: the descriptor of a stream socket. It belongs to the proxy from here on, also when TLS fails, and
    ///     is closed with its connection, which is the only one: later calls fail.
    /// - Throws: ``LanternError/Code/misuse`` when it is none; it then stays the caller's.
    public func proxy<Contract: Sendable>(
        _ type: Contract.Type, object: String, connectedSocket socket: CInt, options: ProxyOptions? = nil,
        contract: RemoteContract<Contract> = #remoteContract()
    ) throws -> Contract {
        contract.makeStub(try remoteProxy(object: object, connectedSocket: socket, options: options))
    }

    /// The same for calls by name.
    public func dynamicProxy(
        object: String, connectedSocket socket: CInt, options: ProxyOptions? = nil
    ) throws -> DynamicProxy {
        DynamicProxy(try remoteProxy(object: object, connectedSocket: socket, options: options))
    }

    /// What such stubs stand on. Its URI leads nowhere, and cannot be used by anybody else.
    public func remoteProxy(
        object: String, connectedSocket socket: CInt, options: ProxyOptions? = nil
    ) throws -> RemoteProxy {
        let uri = try PyroURI("PYRO:\(object)@\(PyroURI.Location.notBound)")
        let socket = try ConnectedSocket(socket)
        return RemoteProxy(
            uri: uri, options: options ?? settings.proxies, client: self, route: Route(socket))
    }
}

extension PyroURI.Location {
    /// The location of what listens nowhere, as Pyro writes it.
    static let notBound = Self.unix(path: "<<not-bound>>")
}
