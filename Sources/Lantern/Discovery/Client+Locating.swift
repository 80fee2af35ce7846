import LanternWire

/// Name servers that are looked for at each connect.
extension Client {
    /// Finds the name server that this client would use, step by step.
    ///
    /// - Parameter location: what counts before everything else, if somebody said so.
    public func nameServerLocator(at location: PyroURI.Location? = nil) -> NameServerLocator {
        NameServerLocator(settings: settings, keyring: trust.current.keyring, at: location)
    }

    /// The URI of an object of the name server; without a location when that is looked for.
    func nameServerURI(_ object: String, at location: PyroURI.Location?) throws -> PyroURI {
        let address = settings.nameServer
        if location == nil, address.isLookedFor(settings.broadcast) {
            return PyroURI(scheme: .object, object: object, location: nil)
        }
        return try PyroURI("PYRO:\(object)@\(location ?? address.location)")
    }

    func nameServerProxy(_ uri: PyroURI, options: ProxyOptions) -> RemoteProxy {
        RemoteProxy(
            uri: uri, options: options, client: self, route: nil,
            path: uri.location == nil ? .located : .uri)
    }

    /// Connects to the first of the places found that is what it must be.
    func openLocated(_ uri: PyroURI, options: ProxyOptions) async throws -> ClientConnection {
        let end = ContinuousClock.now.advanced(by: options.connectTimeout)
        let places = try await nameServerLocator().places(within: options.connectTimeout)
        var failure: any Error = LanternError(
            .timeout, "the time to connect was over when the name server was found")
        for (index, place) in places.enumerated() {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { break }
            var options = options
            options.expectedIdentity = place.identity ?? options.expectedIdentity
            options.serverName = place.serverName ?? options.serverName
            do {
                return try await connect(
                    PyroURI(scheme: .object, object: uri.object, location: place.location),
                    options: options, within: left / (places.count - index))
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
