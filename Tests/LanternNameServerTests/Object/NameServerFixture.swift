import Lantern
import LanternNameServer
import LanternTesting
import LanternTrust
import Testing

/// A name server on loopback, and two hosts that may call it.
struct NameServerFixture: Sendable {
    let hosts: TestHosts
    let server: NameServer
    let auditDirectory: String
    let alice: DynamicProxy
    let bob: DynamicProxy
    let alicesSettings: Settings

    private static let policy = """
        version: 1
        rules:
          - allow: ["spiffe://lantern.test/*"]
            objects: ["Pyro.NameServer"]
            methods: ["*"]
          - deny: ["spiffe://lantern.test/bob"]
            objects: ["Pyro.NameServer"]
            methods: ["count"]
        """

    /// Runs one test with a name server that is there as long as the test runs.
    static func run(
        as generation: PyroGeneration = .pyro5, serializer: SerializerFormat = .msgpack,
        _ test: (NameServerFixture) async throws -> Void
    ) async throws {
        let fixture = try await NameServerFixture(generation, serializer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await fixture.server.run() }
            try await test(fixture)
            fixture.alice.remote.close()
            fixture.bob.remote.close()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private init(_ generation: PyroGeneration, _ serializer: SerializerFormat) async throws {
        hosts = try TestHosts()
        let homes = try hosts.homes(["ns", "alice", "bob"], policy: Self.policy)
        auditDirectory = homes[0].auditDirectory
        let audit = try NameServer.auditLog(of: homes[0], origin: "lantern.test/audit")
        server = try await NameServer(settings: try Settings.load(homes[0]), audit: audit)
        let options = ProxyOptions(serializer: serializer, generation: generation)
        alicesSettings = try Settings.load(homes[1])
        alice = try Client(settings: alicesSettings).dynamicProxy("\(server.uri)", options: options)
        let bobsSettings = try Settings.load(homes[2])
        bob = try Client(settings: bobsSettings).dynamicProxy("\(server.uri)", options: options)
    }

    /// The class of the exception that a call ends with, without its module.
    static func failure(_ call: () async throws -> Value) async -> String {
        do {
            return "value \(try await call())"
        } catch let error as RemoteError {
            let name = error.type.split(separator: ".").last ?? ""
            return "\(name): \(error.message)"
        } catch {
            return "\(error)"
        }
    }
}
