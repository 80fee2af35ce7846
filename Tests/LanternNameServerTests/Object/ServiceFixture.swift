import Lantern
import LanternNameServer
import LanternTesting
import LanternTrust
import Testing

/// A name server on loopback with a clock of the test's, and hosts with different rights.
struct ServiceFixture: Sendable {
    let hosts: TestHosts
    let homes: [String: LanternHome]
    let server: NameServer
    let time: ManualClock
    let auditDirectory: String

    private static let policy = """
        version: 1
        rules:
          - allow: ["spiffe://lantern.test/alice", "spiffe://lantern.test/bob", "spiffe://lantern.test/admin"]
            objects: ["Lantern.NameServer", "Pyro.NameServer"]
            methods: ["*"]
          - allow: ["spiffe://lantern.test/till"]
            objects: ["Lantern.NameServer", "Pyro.NameServer"]
            methods: ["*"]
            names: ["till.*"]
          - deny: ["spiffe://lantern.test/bob"]
            objects: ["*"]
            methods: ["register", "lookup", "find", "list", "watch"]
            names: ["secret.*"]
          - allow: ["spiffe://lantern.test/admin"]
            objects: ["Lantern.NameOwners"]
            methods: ["remove"]
            names: ["shop.*"]
          - allow: ["spiffe://lantern.test/*"]
            objects: ["shop.*"]
            methods: ["*"]
        """

    static func run(_ test: (ServiceFixture) async throws -> Void) async throws {
        try await StoreDirectory.run { directory in
            let fixture = try await ServiceFixture(SQLiteNameStore(path: directory + "/names/names.db"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.server.run() }
                try await test(fixture)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private init(_ store: any NameStore) async throws {
        hosts = try TestHosts()
        let names = ["ns", "alice", "bob", "admin", "till"]
        let made = try hosts.homes(names, policy: Self.policy)
        homes = Dictionary(uniqueKeysWithValues: zip(names, made))
        auditDirectory = made[0].auditDirectory
        let audit = try NameServer.auditLog(of: made[0], origin: "lantern.test/audit")
        time = ManualClock()
        server = try await NameServer(
            settings: try Settings.load(made[0]), audit: audit, store: store, clock: time.clock)
    }

    func settings(_ host: String) throws -> Settings {
        var settings = try Settings.load(try #require(homes[host]))
        settings.nameServer = NameServerAddress(
            host: "localhost", port: server.daemon.port, identity: "spiffe://lantern.test/ns")
        return settings
    }

    func client(_ host: String) throws -> Client { try Client(settings: settings(host)) }

    func service(_ host: String) throws -> NameServiceStub { try client(host).nameServiceStub() }

    /// The code of the naming error that a call ends with.
    static func failure(_ call: () async throws -> Void) async -> String {
        do {
            try await call()
            return "no error"
        } catch let error as RemoteError {
            return error.namingCode ?? String(error.type.split(separator: ".").last ?? "")
        } catch let error as LanternError {
            return "\(error.code)"
        } catch {
            return "\(error)"
        }
    }
}
