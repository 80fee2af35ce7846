public import CoreMetrics
public import LanternTLS
public import LanternTrust
public import LanternValue
package import LanternWire
public import NIOCore
import NIOPosix
public import Tracing

/// All that a daemon or a client is told: who it is, whom it trusts, who may call what, where it listens.
///
/// What must be chosen has no default. ``load(home:)`` reads it from a lantern home.
public struct Settings: Sendable {
    /// Certificate, key and trust roots.
    public var tls: TLSSettings
    /// Our own handshake key and the keys of peers.
    ///
    /// One that is set in code is not read from files again.
    public var keyring: Keyring {
        didSet { trust.keysDirectory = nil }
    }
    /// Who may call what on this daemon. A client that serves nothing needs no rule.
    ///
    /// One that is set in code is not read from a file again.
    public var policy: PolicyTable {
        didSet { trust.policyFile = nil }
    }
    /// How all of that is followed while the program runs.
    public var trust = TrustSettings()
    /// Where a daemon listens.
    public var listen = ListenSettings()
    /// Where the name server is.
    public var nameServer = NameServerAddress()
    /// Finding the name server by broadcast, and being found; both are off.
    public var broadcast = BroadcastSettings()
    /// For tests: the DNS servers to ask in place of those of the host.
    package var dnsServers: [SocketAddress]?
    /// Where a name server keeps its names.
    public var nameStore = NameStorePlace.file
    public var limits = DaemonLimits()
    /// How a daemon registers names.
    public var naming = NamingSettings()
    /// How proxies behave that say nothing else.
    public var proxies = ProxyOptions()
    /// How many calls of a client may be tried again.
    public var retryBudget = RetryBudgetSettings()
    /// When a silent peer counts as gone, for daemons and clients.
    public var keepAlive = KeepAliveSettings()
    /// Remote objects as arguments and results: where they may be called, and how many.
    public var references = ReferenceSettings()
    /// Whether a daemon's results of 200 bytes and more travel compressed when that makes them smaller; see
    /// ``ProxyOptions/compression`` for what it costs.
    public var compressesAnswers = false
    /// Error types that come back as themselves.
    public var errors: [any RemoteThrowable.Type] = []
    /// Error types that are exception classes of Python programs.
    public var errorClasses = ErrorClasses()
    /// Types that travel under a Python class name, and what becomes of class dicts with other names.
    public var classes = ClassRegistry()
    /// What the program is told about its daemon, or asked.
    public var hooks = DaemonHooks()
    /// Where a daemon's numbers go; nil is what the program has bootstrapped swift-metrics with, before the daemon is
    /// made. Two daemons of one process that share a backend share their gauges too: give each its own.
    public var metrics: (any MetricsFactory)?
    /// What traces the calls that are made and served; nil is what the program has bootstrapped the instrumentation
    /// system with, before the daemon or client is made.
    public var tracer: (any Tracer)?
    /// Where a daemon tells its health and numbers; nil is nowhere.
    public var monitoring: MonitoringSettings?
    /// What the daemon shows there.
    package var exposition: PrometheusRegistry?
    /// Where audited calls are recorded; without one nothing is audited.
    package var audit: (any AuditSink)?
    /// Where to open an audit log when the policy demands one and ``audit`` is nil.
    package var auditPlace: AuditPlace?
    /// The checkpoints of audit logs that servers have shown; ``load(home:)`` keeps them in files of the home.
    package var seenCheckpoints = CheckpointMemory()
    /// What identities have used of their quotas; a daemon that is made from these settings has it for itself.
    package var quotas: QuotaLedger { quotaClock.map { QuotaLedger(clock: $0) } ?? QuotaLedger() }
    /// For tests: the time that quotas are counted by, in nanoseconds.
    package var quotaClock: (@Sendable () -> Int64)?
    /// What is wrong with files that hold nothing up, for the daemon's log.
    package var complaints: [String] = []
    /// Where the last use of each handshake key is noted down; ``load(home:)`` sets it to a file of the home.
    package var keyUse: KeyUse?
    /// Freed memory that the process keeps for the next large message, in bytes for each of malloc's heaps; nil
    /// leaves malloc its own rules. The first daemon or client of the process decides.
    public var memoryKept: Int? = 64 << 20
    /// For debugging: lets the kernel write core dumps of the process and debuggers attach. No file and nothing in the
    /// environment sets it. See ``ProcessProtection``.
    public var allowsDumps = false
    /// The latency mode: how long an event loop polls for the answer to what it sent before it sleeps, from one
    /// microsecond to one millisecond; nil never polls. It spends CPU time to save the time that waking a sleeping
    /// core takes, while the peer's answers come quickly and no other thread wants the core.
    public var polling: Duration?
    /// The event loops that connections live on: NIO's shared ones unless set.
    public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    public init(tls: TLSSettings, keyring: Keyring, policy: PolicyTable) {
        self.tls = tls
        self.keyring = keyring
        self.policy = policy
    }

    /// The same settings with other event loops, if any are given.
    func on(_ group: (any EventLoopGroup)?) -> Settings {
        guard let group else { return self }
        var settings = self
        settings.eventLoopGroup = group
        return settings
    }

    package func tlsContext() throws -> TLSContext {
        try TLSContext(settings: tls)
    }

    package var errorTranslator: ErrorTranslator { ErrorTranslator(errors, classes: errorClasses) }

    package func authenticator() throws -> Authenticator {
        try Authenticator(keyring: keyring, use: keyUse)
    }
}

/// Where a daemon listens, and what its URIs say.
public struct ListenSettings: Sendable, Hashable {
    /// A host name or address to bind. An IPv6 address stands here without brackets.
    public var host = "localhost"
    /// 0 takes a free port.
    public var port = 0
    /// The host that URIs name when peers reach us by another one.
    public var publishedHost: String?
    /// The port that URIs name when peers reach us by another one, as behind a NAT; the bound one when nil.
    public var publishedPort: Int?
    /// Listen on a Unix socket with this path, and not on host and port. At most 107 bytes; a leading NUL means Linux'
    /// abstract name space. A socket that nobody listens behind is replaced; the file goes away with the daemon.
    public var unixSocket: String?
    /// Permissions of the socket file. What others need to connect is writing. Abstract names have none.
    public var unixSocketMode = 0o600
    /// Whether to listen at all. A daemon that does not serves the connected sockets that it is given.
    public var isListening = true

    public init(
        host: String = "localhost", port: Int = 0, publishedHost: String? = nil, publishedPort: Int? = nil
    ) {
        self.host = host
        self.port = port
        self.publishedHost = publishedHost
        self.publishedPort = publishedPort
    }

    /// A Unix socket.
    public init(unixSocket: String, mode: Int = 0o600) {
        self.unixSocket = unixSocket
        unixSocketMode = mode
    }

    /// No address at all.
    public static var nowhere: Self {
        var settings = Self()
        settings.isListening = false
        return settings
    }
}

/// Where a client looks for the name server.
public struct NameServerAddress: Sendable, Hashable {
    public var host = "localhost" {
        didSet { isChosen = true }
    }
    /// Pyro's own port.
    public var port = 9090 {
        didSet { isChosen = true }
    }
    /// The path of its Unix socket, when it has one; host and port count for nothing then.
    public var unixSocket: String? {
        didSet { isChosen = true }
    }
    /// The domain whose DNS records `_lantern._tcp.DOMAIN` say where the name server is, when no place was chosen; see
    /// ``NameServerLocator``.
    public var domain: String?
    /// How long DNS is asked for these records, all servers together.
    public var domainTimeout = Duration.seconds(3)
    /// The identity that the name server must have: exact, or a pattern with `*`. Nil accepts any that is trusted.
    public var identity: String?
    /// What its certificate must be for, as ``ProxyOptions/serverName``.
    public var serverName: String?
    /// Whether somebody said where it is: only then the place above counts before all that can be found.
    package private(set) var isChosen = false
    /// What `LANTERN_NAME_SERVER` says; counts when no place was chosen.
    package var environmentPlace: PyroURI.Location?

    /// Chooses no place: the name server is looked for as ``NameServerLocator`` says.
    public init() {}

    public init(
        host: String = "localhost", port: Int = 9090, identity: String? = nil, unixSocket: String? = nil,
        serverName: String? = nil
    ) {
        isChosen = true
        self.host = host
        self.port = port
        self.identity = identity
        self.unixSocket = unixSocket
        self.serverName = serverName
    }

    package var location: PyroURI.Location {
        unixSocket.map { .unix(path: $0) } ?? .host(host, port: port)
    }
}
