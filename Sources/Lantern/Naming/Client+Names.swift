public import LanternWire

extension Client {
    /// What a Lantern name server offers beside Pyro's methods: instances, leases, watches.
    ///
    /// - Parameter location: another name server than that of the settings.
    public func nameService(at location: PyroURI.Location? = nil) throws -> any NameService {
        try nameServiceStub(at: location)
    }

    package func nameServiceStub(at location: PyroURI.Location? = nil) throws -> NameServiceStub {
        let address = settings.nameServer
        var options = settings.proxies
        if location == nil {
            options.expectedIdentity = address.identity ?? options.expectedIdentity
            options.serverName = address.serverName ?? options.serverName
        }
        options.annotations = CallAnnotations()
        options.handshake = nil
        let uri = try nameServerURI(LanternNameServer.objectID, at: location)
        return NameServiceStub(proxy: nameServerProxy(uri, options: options))
    }

    /// What becomes of the names that a search finds, taken up again after a lost connection, without a gap or a
    /// duplicate.
    ///
    /// ```swift
    /// for try await update in client.nameUpdates(NameSearch(prefix: "shop.")) { … }
    /// ```
    public func nameUpdates(
        _ search: NameSearch, after position: WatchPosition? = nil, at location: PyroURI.Location? = nil
    ) throws -> NameUpdates {
        NameUpdates(try nameService(at: location), search, after: position)
    }
}
