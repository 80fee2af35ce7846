import Lantern
import LanternNameServer
import LanternTesting
import LanternTrust
import LanternWire

/// A Lantern name server, a daemon that has a name there, and the home of a Python client of both.
struct NameServerSide {
    let hosts: TestHosts
    let names: NameServer
    let workshop: Daemon
    let uri: String
    let home: LanternHome

    init() async throws {
        let hosts = try TestHosts()
        self.hosts = hosts
        let homes = try hosts.homes(["ns", "server", "client"])
        home = homes[2]
        let rules = [PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"])]
        var settings = try Settings.load(homes[0])
        settings.policy = try PolicyTable(rules: rules)
        settings.listen = ListenSettings(host: "127.0.0.1")
        names = try await NameServer(
            settings: settings, audit: try NameServer.auditLog(of: homes[0], origin: "lantern.test/audit"))
        var server = try Settings.load(homes[1])
        server.policy = try PolicyTable(rules: rules)
        server.listen = ListenSettings(host: "127.0.0.1")
        server.nameServer = NameServerAddress(host: "127.0.0.1", port: names.daemon.port)
        workshop = try await Daemon(settings: server)
        uri = try await workshop.register(
            WorkshopService(), as: (any Workshop).self, name: "example.workshop"
        ).description
    }

    var port: String { String(names.daemon.port) }

    func close() async {
        await workshop.shutdown()
        await names.daemon.shutdown()
    }
}
