public import LanternWire

/// Proxies over several instances of one object, of which the next is used when one is gone.
extension Client {
    /// A stub for whichever of several instances answers.
    ///
    /// The URIs are tried in their order when a connection is made, those that failed within the last 30 seconds
    /// behind the others, and all of it within the connect timeout. A call that was under way when its instance was
    /// lost is repeated elsewhere only when ``ProxyOptions/retries`` allows it.
    ///
    /// - Parameter uris: 1 to 256 URIs of any scheme; for names and tags the name server is asked again each time.
    /// - Throws: `URIError`; ``LanternError/Code/misuse`` for none or too many.
    public func proxy<Contract: Sendable>(
        _ type: Contract.Type, anyOf uris: [String], options: ProxyOptions? = nil,
        contract: RemoteContract<Contract> = #remoteContract()
    ) throws -> Contract {
        contract.makeStub(try remoteProxy(anyOf: uris, options: options))
    }

    /// The same for calls by name.
    public func dynamicProxy(anyOf uris: [String], options: ProxyOptions? = nil) throws -> DynamicProxy {
        DynamicProxy(try remoteProxy(anyOf: uris, options: options))
    }

    /// What such stubs stand on; its ``RemoteProxy/uri`` is the first one.
    public func remoteProxy(anyOf uris: [String], options: ProxyOptions? = nil) throws -> RemoteProxy {
        guard let first = uris.first, uris.count <= Route.maximumInstances else {
            throw LanternError(
                .misuse, "a proxy has 1 to \(Route.maximumInstances) addresses, not \(uris.count)")
        }
        return RemoteProxy(
            uri: try PyroURI(first), options: options ?? settings.proxies, client: self,
            route: Route(try uris.map { try PyroURI($0) }))
    }

    /// All that a URI stands for: the instances of a name in an order that follows their weights, the matches of tags in
    /// any order, so that clients spread over them.
    ///
    /// - Throws: ``LanternError/Code/notFound`` when there is no such name or no object with all the tags.
    public func resolveAll(_ uri: PyroURI) async throws -> [PyroURI] {
        switch uri.scheme {
        case .object: return [uri]
        case .name:
            let found = try await nameServer(at: uri.location).instances(of: uri.object)
            var random = SystemRandomNumberGenerator()
            return WeightedInstance.order(found, using: &random)
        case .metadata:
            let found = try await nameServer(at: uri.location).list(withAll: uri.tags)
            guard !found.isEmpty else {
                throw LanternError(
                    .notFound,
                    "no object is registered with all of the tags \(uri.tags.sorted().joined(separator: ", "))"
                )
            }
            return found.values.shuffled()
        }
    }
}
