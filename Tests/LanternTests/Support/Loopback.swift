import Lantern
import LanternTesting
import LanternTrust
import LanternWire
import Logging

/// A daemon with a counter object and a client that may call it, on loopback.
struct Loopback {
    let hosts: TestHosts
    let daemon: Daemon
    /// What the daemon was made with, for another one in its place.
    let server: Settings
    /// What the client was made with.
    let caller: Settings
    let client: Client
    let service: CounterService
    let gate: Gate
    let uri: String

    static let allowAll = PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"])

    init(
        rules: [PolicyRule] = [allowAll], algorithm: HandshakeAlgorithm = .ed25519,
        options: ObjectOptions = .init(), logger: Logger? = nil, logLevel: Logger.Level = .info,
        adjust: (inout Settings) -> Void = { _ in }
    ) async throws {
        hosts = try TestHosts()
        var (server, caller) = try hosts.pair(rules: rules, algorithm: algorithm)
        server.limits.drainTimeout = .seconds(5)
        server.listen.host = "127.0.0.1"
        server.errors = [NothingLeft.self]
        caller.errors = [NothingLeft.self]
        adjust(&server)
        self.server = server
        self.caller = caller
        gate = Gate()
        service = CounterService(gate: gate)
        var logger = logger ?? Logger(label: "lantern.daemon")
        logger.logLevel = logLevel
        daemon = try await Daemon(settings: server, logger: logger)
        uri = try await daemon.register(
            service, as: (any Counter).self, id: "counter", options: options
        ).description
        client = try Client(settings: caller)
    }

    func counter(_ options: ProxyOptions? = nil) throws -> any Counter {
        try client.proxy((any Counter).self, uri, options: options)
    }

    func dynamic(_ options: ProxyOptions? = nil) throws -> DynamicProxy {
        try client.dynamicProxy(uri, options: options)
    }

    func close() async {
        await client.shutdown()
        await daemon.shutdown()
    }
}
