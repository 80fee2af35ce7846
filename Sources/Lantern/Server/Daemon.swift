import LanternTLS
public import LanternTrust
import LanternValue
public import LanternWire
public import Logging
public import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// Serves objects to authenticated peers, and calls objects elsewhere in its own name.
///
/// ```swift
/// let daemon = try await Daemon(settings: .load())
/// try await daemon.register(StockRoom(), as: Warehouse.self, name: "example.warehouse")
/// try await daemon.run()
/// ```
///
/// There is no way to reach a daemon without mutual TLS and a signed handshake, and nothing on it without a rule
/// in the policy.
public final class Daemon: Service {
    public let settings: Settings
    /// Makes proxies with this daemon's certificate and handshake key.
    public let client: Client
    package let core: DaemonCore
    let listener: Listener
    private let names: NameKeeper

    /// The audit log that this daemon opened because its policy demands one.
    private let ownAudit = Mutex<AuditLog?>(nil)
    let shutdowns = Mutex<Task<Void, Never>?>(nil)
    let phase = Mutex(DaemonPhase.starting)
    let readinessChecks = Mutex<[ReadinessCheck]>([])
    private let openMonitoring = Mutex<MonitoringServer?>(nil)
    var monitoring: MonitoringServer? { openMonitoring.withLock { $0 } }

    /// Opens the listening socket; calls are served from here on.
    ///
    /// - Parameter group: the event loops that connections live on, in place of those of the settings; any number of
    ///   daemons may share them. The group stays the caller's and is never shut down here.
    /// - Throws: ``LanternError/Code/configuration`` with the file or setting to mend.
    public init(
        settings: Settings, group: (any EventLoopGroup)? = nil,
        logger: Logger = Logger(label: "lantern.daemon")
    ) async throws {
        let settings = settings.on(group).choosingMetrics()
        settings.exposition?.describe(MetricDescription.daemon)
        try settings.listen.check()
        ProcessMemory.keep(settings.memoryKept)
        try settings.protectProcess()
        let trust = try LiveTrust(settings, logger: logger)
        let pollers = try Pollers(limit: settings.polling)
        var opened: AuditLog?
        if settings.audit == nil, settings.policy.demandsAudit, let place = settings.auditPlace {
            opened = try place.open(origin: "\(trust.current.tls.ownCertificate.identity)/audit")
        }
        let audit: (any AuditSink)? = settings.audit ?? opened
        try settings.policy.check(hasAudit: audit != nil)
        self.settings = settings
        client = Client(
            settings: settings, trust: trust, pollers: pollers, logger: logger)
        core = try DaemonCore(
            limits: settings.limits, trust: trust,
            policy: Self.policy(settings.policy), errors: settings.errorTranslator, classes: settings.classes,
            hooks: settings.hooks, audit: audit, logger: logger,
            compressesAnswers: settings.compressesAnswers, keepAlive: settings.keepAlive,
            quotas: settings.quotas, metrics: settings.metricsFactory,
            tracer: settings.chosenTracer)
        names = NameKeeper(
            settings: settings.naming, client: client, objects: core.registry, logger: logger)
        listener = Listener(core: core, group: settings.eventLoopGroup, pollers: pollers)
        try await listener.open(settings.listen)
        let address = location
        core.description.withLock { $0 = "Lantern daemon on \(address)" }
        core.place.withLock {
            $0 = .init(location: settings.listen.location(boundPort: port, isPublished: true), client: client)
        }
        client.callbacks.belongs(to: core)
        ownAudit.withLock { [opened] in $0 = opened }
        for complaint in settings.complaints {
            logger.error("a file of the home is passed over", metadata: ["reason": "\(complaint)"])
        }
        let hasAudit = audit != nil
        trust.demand {
            try $0.check(hasAudit: hasAudit)
            _ = try Self.policy($0)
        }
        trust.observe { [weak self] new, old in self?.follow(new, after: old) }
        do { try await startMonitoring() } catch {
            await shutdown()
            throw error
        }
    }

    private func startMonitoring() async throws {
        guard let wanted = settings.monitoring else { return }
        let server = try MonitoringServer(
            wanted, core: core, group: settings.eventLoopGroup,
            source: .init(
                readiness: { [weak self] in await self?.readiness() ?? .gone },
                isAlive: { [weak self] in await self?.isAlive() ?? false },
                exposition: { [weak self] in self?.exposition }))
        try await server.open()
        openMonitoring.withLock { $0 = server }
        for place in server.places { core.logger.info("monitoring listens", metadata: ["place": "\(place)"]) }
    }

    private func follow(_ new: TrustEpoch, after old: TrustEpoch) {
        guard new.policy !== old.policy else { return }
        do {
            core.replacePolicy(try Self.policy(new.policy))
            try client.callbacks.replacePolicy(new.policy)
        } catch {
            core.logger.error("policy not taken", metadata: ["error": "\(error)"])
        }
    }

    /// The policy's rules and what every authenticated peer may ask of `Pyro.Daemon`: a deny rule still wins.
    private static func policy(_ policy: PolicyTable) throws -> PolicyTable {
        try policy.asServed()
    }

    // MARK: - Where it is

    /// What URIs name: `host:port` as published, `[address]:port`, or `./u:path` for a Unix socket.
    public var location: String { settings.listen.location(boundPort: port, isPublished: true).description }

    /// The bound port; 0 without one.
    public var port: Int { listener.port }

    /// The URI of an object of this daemon.
    ///
    /// - Parameter isPublished: false gives the address that is bound, not the one that peers are told (Pyro's
    ///   `uriFor(nat=False)`).
    public func uri(of id: String, isPublished: Bool = true) throws -> PyroURI {
        let place = settings.listen.location(boundPort: port, isPublished: isPublished)
        return try PyroURI("PYRO:\(id)@\(place)")
    }

    // MARK: - Objects

    /// Registers an implementation of a `@Remote` protocol.
    ///
    /// - Parameters:
    ///   - id: the object id; a random one when nil. Policy rules name it.
    ///   - name: also registers the URI under this name in the name server; the id is then the name, unless given.
    ///   - weak: the daemon does not hold the object, which must be an instance of a class or actor; it is unregistered
    ///     when nobody else holds it any more. Not together with a name.
    /// - Throws: ``LanternError/Code/alreadyRegistered``, ``LanternError/Code/misuse``.
    @discardableResult
    public func register<Contract: Sendable>(
        _ object: Contract, as type: Contract.Type, id: String? = nil, name: String? = nil,
        options: ObjectOptions = .init(), weak: Bool = false,
        contract: RemoteContract<Contract> = #remoteContract()
    ) async throws -> PyroURI {
        let instance = classInstance(object).map {
            RegisteredInstance($0, contract: ObjectIdentifier(Contract.self), isWeak: weak)
        }
        guard weak else {
            let target = ContractTarget(contract, provider: .shared(object), classes: classes)
            return try await register(target, id: id, name: name, options: options, instance: instance)
        }
        guard name == nil else {
            throw LanternError(
                .misuse,
                "an object that goes away by itself has no name in the name server; register it strongly"
            )
        }
        guard let instance else {
            throw LanternError(.misuse, "only an instance of a class or actor can be registered weakly")
        }
        let target = ContractTarget(contract, provider: .weak(instance), classes: classes)
        return try await register(target, id: id, name: nil, options: options, instance: instance)
    }

    /// Registers a factory whose instances live as `mode` says; they are made at the first call that needs one.
    @discardableResult
    public func register<Contract: Sendable>(
        _ type: Contract.Type, instances mode: InstanceMode, id: String? = nil, name: String? = nil,
        options: ObjectOptions = .init(), contract: RemoteContract<Contract> = #remoteContract(),
        making make: @escaping @Sendable () async throws -> Contract
    ) async throws -> PyroURI {
        let provider = InstanceProvider(mode: mode, factory: InstanceFactory(make))
        let target = ContractTarget(contract, provider: provider, classes: classes)
        return try await register(target, id: id, name: name, options: options)
    }

    /// Registers an object whose members are decided at run time.
    @discardableResult
    public func register(
        dynamic object: some DynamicObject, id: String? = nil, name: String? = nil,
        options: ObjectOptions = .init()
    ) async throws -> PyroURI {
        try await register(DynamicTarget(object: object), id: id, name: name, options: options)
    }

    private func register(
        _ target: some ObjectTarget, id: String?, name: String?, options: ObjectOptions,
        instance: RegisteredInstance? = nil
    ) async throws -> PyroURI {
        let id = id ?? name ?? "obj_" + CorrelationID.random().description.filter { $0 != "-" }
        let uri = try uri(of: id)
        let object = RegisteredObject(id: id, target: target, options: options, instance: instance)
        try core.registry.register(object, replacing: false)
        guard let name else { return uri }
        do {
            try await names.register(name, uri: uri, of: object)
        } catch {
            core.registry.unregister(id)
            throw error
        }
        return uri
    }

    /// Takes an object away; its name, if it was registered with one, is removed from the name server.
    public func unregister(_ id: String) async throws {
        guard id != DaemonTarget.objectID else {
            throw LanternError(.misuse, "the daemon's own object cannot be unregistered")
        }
        core.registry.unregister(id)
        try await names.unregister(id)
    }

    /// The fencing epoch of the lease that this daemon's names live by now; nil when there is none, and from the
    /// moment on at which it is lost.
    ///
    /// Store it with what an object writes elsewhere, and refuse there what comes with a smaller one.
    public var leaseEpoch: Int64? { names.epoch }

    /// Takes a class instance away under all the ids that it was registered with.
    ///
    /// - Throws: ``LanternError/Code/unknownObject`` when it is not registered here.
    public func unregister(object: some Sendable) async throws {
        for id in try ids(of: object) { try await unregister(id) }
    }

    /// The URI of a registered class instance (Pyro's `uriFor`); the latest, when it has several.
    ///
    /// - Throws: ``LanternError/Code/unknownObject`` when it is not registered here.
    public func uri<Contract: Sendable>(
        for object: Contract, as type: Contract.Type, contract: RemoteContract<Contract> = #remoteContract()
    ) throws -> PyroURI {
        guard let known = core.registered(object, contract) else { throw Self.notRegistered }
        return known.uri
    }

    /// A proxy for a registered class instance (Pyro's `proxyFor`): its calls go over the network, to this daemon.
    ///
    /// - Throws: ``LanternError/Code/unknownObject`` when it is not registered here.
    public func proxy<Contract: Sendable>(
        for object: Contract, as type: Contract.Type, options: ProxyOptions? = nil,
        contract: RemoteContract<Contract> = #remoteContract()
    ) throws -> Contract {
        let uri = try uri(for: object, as: type, contract: contract)
        return contract.makeStub(RemoteProxy(uri: uri, options: options ?? settings.proxies, client: client))
    }

    private var classes: ClassTable? { settings.classes.table }

    private func ids(of object: some Sendable) throws -> [String] {
        let ids = classInstance(object).map { core.registry.ids(holding: $0) } ?? []
        guard !ids.isEmpty else { throw Self.notRegistered }
        return ids
    }

    private static let notRegistered = LanternError(
        .unknownObject, "the object is not registered with this daemon")

    // MARK: - Proxies

    /// A stub for an object elsewhere: `daemon.proxy(Warehouse.self, "PYRONAME:example.warehouse")`.
    public func proxy<Contract: Sendable>(
        _ type: Contract.Type, _ uri: String, options: ProxyOptions? = nil,
        contract: RemoteContract<Contract> = #remoteContract()
    ) async throws -> Contract {
        try client.proxy(type, uri, options: options, contract: contract)
    }

    // MARK: - Life

    /// Serves until the task is cancelled or the service group shuts down, then drains.
    public func run() async throws {
        phase.withLock { if case .starting = $0 { $0 = .running } }
        do {
            try await cancelWhenGracefulShutdown { try await self.listener.waitUntilClosed() }
        } catch is CancellationError {
            // The ordinary way to end.
        }
        // In a task of its own: a cancelled one could not take the names back.
        await Task { await self.shutdown() }.value
    }

    /// Accepts no more connections, lets running calls end within the drain time, closes what is left.
    ///
    /// Called inside a method of this daemon it returns at once, since the end waits for that method too; the answer
    /// goes out, and then the daemon ends.
    public func shutdown() async {
        let ending = shutdowns.withLock { task in
            let ending = task ?? Task.detached { await self.end() }
            task = ending
            return ending
        }
        if let caller = CallContext.current, listener.serves(caller.connection) { return }
        await ending.value
    }

    private func end() async {
        phase.withLock { $0 = .ending }
        await removeNames()
        await listener.drain(within: settings.limits.drainTimeout)
        core.streams.closeAll()
        await client.shutdown()
        await ownAudit.withLock { $0 }?.close()
        // Last: whoever asks meanwhile is told that this daemon drains.
        await openMonitoring.withLock { $0.take() }?.close()
    }

    /// Takes all names back together, within the drain time: the name server may be the one that hangs.
    private func removeNames() async {
        let options = CallOptions(timeout: min(settings.limits.drainTimeout, .seconds(5)), retries: 0)
        await ProxyOptions.$current.withValue(options) { await names.end() }
    }

    /// Judges calls by other rules from now on, also on open connections; the policy file is followed no more.
    ///
    /// A connection with a call or stream under way that was allowed something it is not allowed any more is ended.
    public func replacePolicy(_ policy: PolicyTable) throws {
        try core.trust.replacePolicy(policy)
    }
}
