public import Lantern
public import LanternTrust
public import LanternWire
public import Logging
public import ServiceLifecycle

/// A name server: a daemon with `Pyro.NameServer` in it, registered in itself, each operation audited.
///
/// ```swift
/// let home = LanternHome(path: "/etc/lantern")
/// let audit = try NameServer.auditLog(of: home, origin: "host.example/audit")
/// let server = try await NameServer(settings: .load(home), audit: audit)
/// try await server.run()
/// ```
public final class NameServer: Service {
    /// The id of the object, and its name in its own registry.
    public static let objectID = NameRegistry.ownName
    /// Where clients look unless they are told otherwise.
    public static let defaultPort = PyroURI.defaultNameServerPort
    private static let ownTags: Set<String> = ["class:Pyro5.nameserver.NameServer"]

    public let daemon: Daemon
    public let uri: PyroURI
    private let audit: AuditLog
    private let store: any NameStore
    private let keeping: Housekeeping
    private let responder: BroadcastResponder?

    /// Opens the listening socket; the name server answers from here on.
    ///
    /// - Parameters:
    ///   - audit: an operation is answered only after its event is durable there.
    ///   - autoclean: how names whose servers do not answer are found and removed; nil leaves them.
    ///   - store: belongs to the name server from here on and is closed at its end.
    /// - Throws: ``LanternError/Code/configuration`` with the file or setting to mend.
    public init(
        settings: Settings, audit: AuditLog, store: any NameStore = MemoryNameStore(),
        registry rules: NameRegistrySettings = .init(), autoclean: AutocleanSettings? = nil,
        clock: NameClock = .system, logger: Logger = Logger(label: "lantern.ns")
    ) async throws {
        var settings = settings.choosingMetrics()
        settings.audit = audit
        settings.exposition?.describe(MetricDescription.nameServer)
        let meters = NameServerMeters(settings.metricsFactory)
        let registry = NameRegistry(store: store, settings: rules, clock: clock, meters: meters) {
            (try? PyroURI($0)) != nil
        }
        try await registry.recoverLeases()
        self.audit = audit
        self.store = store
        daemon = try await Daemon(settings: settings, logger: logger)
        daemon.addReadinessCheck("store") { _ = try await store.count() }
        uri = try daemon.uri(of: Self.objectID)
        try await registry.registerSelf(uri: uri.description, metadata: Self.ownTags)
        keeping = Housekeeping(
            registry: registry, audit: audit, autoclean: autoclean.map { Autoclean($0, clock: clock) },
            logger: logger)
        let core = daemon.core
        let policy: @Sendable () -> PolicyTable? = { [weak core] in core?.policy }
        let options = ObjectOptions(isAudited: true)
        try await daemon.register(
            dynamic: NameServerObject(registry: registry, policy: policy), id: Self.objectID,
            options: options)
        try await daemon.register(
            NameServiceObject(registry: registry, policy: policy), as: (any NameService).self,
            id: LanternNameServer.objectID, options: options)
        guard settings.broadcast.isAnswering else {
            responder = nil
            return
        }
        do {
            responder = try await BroadcastResponder(
                settings: settings.broadcast, uri: uri, trust: core.trust, group: settings.eventLoopGroup,
                logger: logger)
        } catch {
            await daemon.shutdown()
            throw error
        }
    }

    /// The UDP port on which broadcasts are answered; nil when they are not.
    public var broadcastPort: Int? { responder?.port }

    /// Whether operations can be recorded; while they cannot, they are refused.
    public var auditHealth: AuditHealth { audit.health }

    /// Serves until the task is cancelled or the service group shuts down.
    public func run() async throws {
        try await whileKeepingHouse { try await self.daemon.run() }
        await close()
    }

    /// Serves until SIGTERM or SIGINT, then drains and lets the audit log go.
    public func runUntilTerminated() async throws {
        try await whileKeepingHouse { try await self.daemon.runUntilTerminated() }
        await close()
    }

    private func whileKeepingHouse(_ serve: @escaping @Sendable () async throws -> Void) async throws {
        let keeping = keeping
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await keeping.run()
                return false
            }
            group.addTask {
                try await serve()
                return true
            }
            while let hasServed = try await group.next(), !hasServed {}
            group.cancelAll()
        }
    }

    /// Ends leases whose time is over and looks after dead servers, as happens by itself about once a second.
    package func keepHouse() async {
        await keeping.round()
        await keeping.sample()
    }

    private func close() async {
        await responder?.close()
        await store.close()
        await audit.close()
    }

    /// The names of a lantern home, in `names/names.db`, made when there are none.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the file and what is wrong with it.
    public static func store(
        of home: LanternHome, settings: SQLiteNameStore.Settings = .init()
    ) throws -> SQLiteNameStore {
        try SQLiteNameStore(path: home.namesFile, settings: settings)
    }

    /// The store that the settings choose; ``Settings/nameStore``.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the file or endpoint and what is wrong.
    public static func store(of home: LanternHome, as place: NameStorePlace) async throws -> any NameStore {
        switch place {
        case .file: try store(of: home)
        case .memory: MemoryNameStore()
        case .etcd(let place): try await EtcdNameStore.open(place)
        }
    }

    /// The audit log of a lantern home, made when there is none.
    ///
    /// - Parameter origin: the log's name in its checkpoints, for example the certificate's identity.
    public static func auditLog(of home: LanternHome, origin: String) throws -> AuditLog {
        do {
            return try AuditLog(
                directory: home.auditDirectory, keyFile: home.auditKeyFile, origin: origin)
        } catch let error as AuditError {
            throw LanternError(
                .configuration, "the audit log in \(home.auditDirectory) cannot be opened: \(error.detail)",
                cause: error)
        }
    }
}
