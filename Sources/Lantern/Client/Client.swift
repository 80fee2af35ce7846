import LanternTLS
import LanternTrust
import LanternValue
public import LanternWire
public import Logging
public import NIOCore
import Synchronization
import Tracing

/// Makes proxies: the calling half of Lantern, for programs that serve nothing.
///
/// ```swift
/// let client = try Client(settings: .load())
/// let warehouse = try await client.proxy(Warehouse.self, "PYRONAME:example.warehouse")
/// ```
public final class Client: Sendable {
    public let settings: Settings
    package let errors: ErrorTranslator
    let trust: LiveTrust
    var authenticator: Authenticator { trust.current.authenticator }
    let logger: Logger
    let pollers: Pollers?
    /// Nil where nothing is traced.
    let tracer: (any Tracer)?
    private let names = Mutex<[PyroURI: NameServerClient]>([:])
    let retryBudget: RetryBudget
    let callbacks = CallbackCore()
    private let generations = KnownGenerations()
    let histories: SeenHistories

    /// - Parameters:
    ///   - group: the event loops that connections live on, in place of those of the settings; it stays the
    ///     caller's and is never shut down here.
    ///   - logger: says what goes wrong in objects that are handed out for callbacks.
    /// - Throws: ``LanternError/Code/configuration`` with the file or setting to mend.
    public convenience init(
        settings: Settings, group: (any EventLoopGroup)? = nil,
        logger: Logger = Logger(label: "lantern.client")
    ) throws {
        let settings = settings.on(group)
        try settings.protectProcess()
        self.init(
            settings: settings, trust: try LiveTrust(settings, logger: logger),
            pollers: try Pollers(limit: settings.polling), logger: logger)
        // A daemon does this for its own client.
        trust.observe { [weak callbacks, logger] new, old in
            guard new.policy !== old.policy else { return }
            do { try callbacks?.replacePolicy(new.policy) } catch {
                logger.error("policy not taken", metadata: ["error": "\(error)"])
            }
        }
    }

    init(
        settings: Settings, trust: LiveTrust, pollers: Pollers?, logger: Logger
    ) {
        ProcessMemory.keep(settings.memoryKept)
        self.settings = settings
        self.logger = logger.escaping
        self.trust = trust
        retryBudget = RetryBudget(settings.retryBudget)
        self.pollers = pollers
        tracer = settings.chosenTracer
        errors = settings.errorTranslator
        histories = SeenHistories(
            memory: settings.seenCheckpoints, errors: settings.errorTranslator, logger: logger.escaping)
    }

    /// The audit logs of servers that have shown this process two histories; the operator's log has said so too.
    public var rewrittenHistories: [RewrittenHistory] { histories.found }

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
        let uri = try PyroURI(uri)
        return RemoteProxy(
            uri: uri, options: options ?? settings.proxies, client: self,
            route: uri.scheme == .object ? nil : Route([uri]))
    }

    /// The name server of the settings, or of a URI's location.
    public func nameServer(at location: PyroURI.Location? = nil) throws -> NameServerClient {
        let address = settings.nameServer
        let uri = try nameServerURI("Pyro.NameServer", at: location)
        return names.withLock { names in
            if let known = names[uri] { return known }
            var options = settings.proxies
            options.expectedIdentity = address.identity
            options.serverName = address.serverName
            // What is meant for the objects is none of the name server's business.
            options.annotations = CallAnnotations()
            options.handshake = nil
            let proxy = nameServerProxy(uri, options: options)
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
        await histories.end()
        await settings.keyUse?.closeElsewhere()
    }

    // MARK: - Connections

    func open(
        _ uri: PyroURI, options: ProxyOptions, route: Route? = nil, path: RemoteProxy.Path = .uri
    ) async throws -> ClientConnection {
        if let route { return try await route.open(self, uri, options: options) }
        var address: String?
        switch path {
        case .uri: break
        case .host(let known): address = known
        case .nowhere(let reason): throw reason
        case .located: return try await openLocated(uri, options: options)
        case .caller: throw LanternError(.misuse, "\(uri) is called over its client's own connection")
        }
        return try await connect(
            resolve(uri), at: address, options: options, within: options.connectTimeout)
    }

    /// Connects to the place that a `PYRO:` URI names.
    ///
    /// - Parameter address: where to connect instead of looking up the URI's host, which the certificate must be for.
    func connect(
        _ uri: PyroURI, at address: String? = nil, options: ProxyOptions, within time: Duration
    ) async throws -> ClientConnection {
        guard uri.scheme == .object, let location = uri.location else {
            throw LanternError(
                .notSupported, "the name server gave \(uri): a name must stand for a PYRO: URI")
        }
        var options = options
        options.connectTimeout = time
        let endpoint = try Endpoint(location, at: address, options: options)
        return try await generations.open(at: location, options: options) { options in
            try await connect(to: endpoint, object: uri.object, options: options)
        }
    }

    func connect(
        to endpoint: Endpoint, object: String, options: ProxyOptions
    ) async throws -> ClientConnection {
        let version = (options.generation ?? .pyro5).wire
        let connection = try await ClientConnection.open(
            object: object, at: endpoint, options: options,
            references: ClientReferences(client: self, options: options, version: version),
            group: settings.eventLoopGroup)
        histories.look(at: connection, options: options)
        return connection
    }

    /// Asks the name server until a `PYRO:` URI is known, as Pyro does at each connect; of the instances of a name one by
    /// their weights, for tags any of the matches.
    ///
    /// - Throws: ``LanternError/Code/notFound`` when there is no such name or no object with all the tags.
    public func resolve(_ uri: PyroURI) async throws -> PyroURI {
        let found = try await resolveAll(uri)
        guard let match = found.first else {
            throw LanternError(.notFound, "nothing is registered as \(uri)")
        }
        return match
    }
}
