import Lantern
import LanternTesting
import LanternTrust

/// A stock Pyro5 daemon in a process of its own, and a Lantern client that may call it.
struct PythonSide {
    let hosts: TestHosts
    let server: PythonProcess
    let client: Client
    let location: String

    init(algorithm: HandshakeAlgorithm = .ed25519) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"], algorithm: algorithm)
        try await self.init(hosts: hosts, server: homes[0], client: homes[1])
    }

    init(hosts: TestHosts, server home: LanternHome, client caller: LanternHome) async throws {
        self.hosts = hosts
        server = try PythonProcess("server.py", home: home)
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
