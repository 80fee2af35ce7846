import Lantern
import LanternTesting
import LanternTrust
import LanternWire

/// A Lantern daemon with the objects of these tests, and the home of a Python client that may call them.
struct LanternSide {
    let hosts: TestHosts
    let home: LanternHome
    let daemon: Daemon
    let workshop: String
    let echo: String

    static let rules = [
        PolicyRule(.allow, identities: ["spiffe://lantern.test/client"], objects: ["*"], methods: ["*"]),
        PolicyRule(.deny, identities: ["*"], objects: ["workshop"], methods: ["secret"]),
    ]

    init(
        algorithm: HandshakeAlgorithm = .ed25519, port: Int = 0, hosts: TestHosts? = nil,
        adjust: (inout Settings) -> Void = { _ in }
    ) async throws {
        let hosts = try hosts ?? TestHosts()
        let homes = try hosts.homes(["server", "client"], algorithm: algorithm)
        try await self.init(
            hosts: hosts, server: homes[0], client: homes[1], port: port, adjust: adjust)
    }

    init(
        hosts: TestHosts, server: LanternHome, client: LanternHome, port: Int,
        adjust: (inout Settings) -> Void = { _ in }
    ) async throws {
        self.hosts = hosts
        home = client
        var settings = try Settings.load(server)
        settings.policy = try PolicyTable(rules: Self.rules)
        settings.listen = ListenSettings(host: "127.0.0.1", port: port)
        settings.errors = [NothingLeft.self]
        adjust(&settings)
        daemon = try await Daemon(settings: settings)
        workshop = try await daemon.register(
            WorkshopService(), as: (any Workshop).self, id: "workshop"
        ).description
        echo = try await daemon.register(dynamic: EchoObject(), id: "echo").description
    }
}
