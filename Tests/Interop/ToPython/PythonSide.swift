import Lantern
import LanternTesting
import LanternTrust

/// A stock Pyro daemon in a process of its own, and a Lantern client that may call it.
struct PythonSide {
    let hosts: TestHosts
    let server: PythonProcess
    let client: Client
    let location: String
    let generation: PyroGeneration

    init(
        _ generation: PyroGeneration = .pyro5, algorithm: HandshakeAlgorithm = .ed25519,
        config: [String: String] = [:]
    ) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"], algorithm: algorithm)
        try await self.init(generation, hosts: hosts, server: homes[0], client: homes[1], config: config)
    }

    init(
        _ generation: PyroGeneration = .pyro5, hosts: TestHosts, server home: LanternHome,
        client caller: LanternHome, config: [String: String] = [:]
    ) async throws {
        self.hosts = hosts
        self.generation = generation
        server = try PythonProcess("server.py", home: home, generation: generation, config: config)
        location = try await server.ready()
        client = try Self.client(caller)
    }

    static func client(_ home: LanternHome) throws -> Client {
        var settings = try Settings.load(home)
        settings.errors = [NothingLeft.self]
        return try Client(settings: settings)
    }

    func workshop(_ format: SerializerFormat = .msgpack) throws -> any Workshop {
        try client.proxy(
            (any Workshop).self, "PYRO:workshop@\(location)", options: ProxyOptions(serializer: format))
    }

    func dynamic(_ object: String, _ format: SerializerFormat = .msgpack) throws -> DynamicProxy {
        try client.dynamicProxy("PYRO:\(object)@\(location)", options: ProxyOptions(serializer: format))
    }

    func close() async {
        await client.shutdown()
        await server.stop()
    }
}
