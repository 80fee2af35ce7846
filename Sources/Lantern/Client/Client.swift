import LanternTLS
import LanternTrust
import LanternValue
public import LanternWire
public import Logging
import NIOCore
import Synchronization

/// Makes proxies: the calling half of Lantern, for programs that serve nothing.
///
/// ```swift
/// let client = try Client(settings: .load())
/// let warehouse = try await client.proxy(Warehouse.self, "PYRONAME:example.warehouse")
/// ```
public final class Client: Sendable {
    public let settings: Settings
    package let errors: ErrorTranslator
    private let tls: TLSContext
    let authenticator: Authenticator
    let logger: Logger
    let pollers: Pollers?
    private let names = Mutex<[PyroURI: NameServerClient]>([:])
    let callbacks = CallbackCore()
    private let generations = KnownGenerations()

    /// - Parameter logger: says what goes wrong in objects that are handed out for callbacks.
    /// - Throws: ``LanternError/Code/configuration`` with the file or setting to mend.
    public convenience init(settings: Settings, logger: Logger = Logger(label: "lantern.client")) throws {
        self.init(
            settings: settings, tls: try settings.tlsContext(), authenticator: try settings.authenticator(),
            pollers: try Pollers(limit: settings.polling), logger: logger)
    }

    init(
        settings: Settings, tls: TLSContext, authenticator: Authenticator, pollers: Pollers?, logger: Logger
    ) {
        ProcessMemory.keep(settings.memoryKept)
        self.settings = settings
        self.logger = logger
        self.tls = tls
        self.authenticator = authenticator
        self.pollers = pollers
        errors = settings.errorTranslator
    }

    /// A stub for a remote object; it conforms to the contract.
    ///
    /// - Parameters:
    ///   - uri: `PYRO:object@host:port`, `PYRONAME:name` or `PYROMETA:tag,tag`. Nothing is connected before the
    ///     first call.
    ///   - options: the settings' own when nil.
    public func proxy<Contract: Sendable>(
        _ type: Contract.Type, _ uri: String, options: ProxyOptions? = nil,
        contract: RemoteContract<Contract> = #remoteContract()
    ) throws -> Contract {
        contract.makeStub(try remoteProxy(uri, options: options))
    }

    /// A proxy that calls by name, for tools and scripts.
    public func dynamicProxy(_ uri: String, options: ProxyOptions? = nil) throws -> DynamicProxy {
        DynamicProxy(try remoteProxy(uri, options: options))
    }

    /// What stubs stand on.
    public func remoteProxy(_ uri: String, options: ProxyOptions? = nil) throws -> RemoteProxy {
        RemoteProxy(uri: try PyroURI(uri), options: options ?? settings.proxies, client: self)
    }

    /// The name server of the settings, or of a URI's location.
    public func nameServer(at location: PyroURI.Location? = nil) throws -> NameServerClient {
        let address = settings.nameServer
        let place = location ?? .host(address.host, port: address.port)
        let uri = try PyroURI("PYRO:Pyro.NameServer@\(place)")
        return names.withLock { names in
            if let known = names[uri] { return known }
            var options = settings.proxies
            options.expectedIdentity = address.identity
            // What is meant for the objects is none of the name server's business.
            options.annotations = CallAnnotations()
            options.handshake = nil
            let proxy = RemoteProxy(uri: uri, options: options, client: self)
            let client = NameServerClient(proxy: DynamicProxy(proxy))
            names[uri] = client
            return client
        }
    }

    /// Ends the connections to name servers; proxies end theirs when they are dropped.
    public func shutdown() async {
        let clients = names.withLock { names in
            defer { names = [:] }
            return Array(names.values)
        }
        for client in clients { client.proxy.remote.close() }
    }

    // MARK: - Connections

    func open(
        _ uri: PyroURI, options: ProxyOptions, path: RemoteProxy.Path = .uri
    ) async throws -> ClientConnection {
        var place: String?
        switch path {
        case .uri: break
        case .host(let address): place = address
        case .nowhere(let reason): throw reason
        case .caller: throw LanternError(.misuse, "\(uri) is called over its client's own connection")
        }
        let direct = try await resolve(uri)
        guard case .host(let host, let port) = direct.location else {
            throw LanternError(
                .notSupported, "\(uri): Unix sockets are not supported yet; name a host and port")
        }
        return try await generations.open(at: direct.location, options: options) { tried in
            let version = (tried.generation ?? .pyro5).wire
            return try await ClientConnection.open(
                object: direct.object, host: host, port: port, at: place, options: tried, tls: tls,
                references: ClientReferences(client: self, options: options, version: version),
                group: settings.eventLoopGroup)
        }
    }

    /// Asks the name server until a `PYRO:` URI is known, as Pyro does at each connect.
    ///
    /// - Throws: ``LanternError/Code/notFound`` when there is no such name or no object with all the tags.
    public func resolve(_ uri: PyroURI) async throws -> PyroURI {
        switch uri.scheme {
        case .object: return uri
        case .name: return try await nameServer(at: uri.location).lookup(uri.object)
        case .metadata:
            let found = try await nameServer(at: uri.location).list(withAll: uri.tags)
            guard let entry = found.randomElement() else {
                throw LanternError(
                    .notFound,
                    "no object is registered with all of the tags \(uri.tags.sorted().joined(separator: ", "))"
                )
            }
            return entry.value
        }
    }
}
