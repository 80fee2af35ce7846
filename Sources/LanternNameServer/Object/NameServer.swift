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

    /// Opens the listening socket; the name server answers from here on.
    ///
    /// - Parameters:
    ///   - audit: an operation is answered only after its event is durable there.
    ///   - store: belongs to the name server from here on and is closed at its end.
    /// - Throws: ``LanternError/Code/configuration`` with the file or setting to mend.
    public init(
        settings: Settings, audit: AuditLog, store: any NameStore = MemoryNameStore(),
        registry rules: NameRegistrySettings = .init(), logger: Logger = Logger(label: "lantern.ns")
    ) async throws {
        var settings = settings
        settings.audit = audit
        let registry = NameRegistry(store: store, settings: rules) { (try? PyroURI($0)) != nil }
        self.audit = audit
        self.store = store
        daemon = try await Daemon(settings: settings, logger: logger)
        uri = try daemon.uri(of: Self.objectID)
        try await registry.registerSelf(uri: uri.description, metadata: Self.ownTags)
        try await daemon.register(
            dynamic: NameServerObject(registry: registry), id: Self.objectID,
            options: ObjectOptions(isAudited: true))
    }

    /// Serves until the task is cancelled or the service group shuts down.
    public func run() async throws {
        try await daemon.run()
        await close()
    }

    /// Serves until SIGTERM or SIGINT, then drains and lets the audit log go.
    public func runUntilTerminated() async throws {
        try await daemon.runUntilTerminated()
        await close()
    }

    private func close() async {
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
