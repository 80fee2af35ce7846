import Lantern
import LanternNameServer
import LanternTesting
import LanternTrust
import LanternWire
import Testing

/// Stock Pyro programs that find Lantern's name server by broadcast, and Lantern's that find it beside Pyro's.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct DiscoveryTests {
    private func nameServer(
        _ hosts: TestHosts, answering: Bool = true
    ) async throws -> (NameServer, [LanternHome]) {
        let homes = try hosts.homes(["ns", "client"])
        var settings = try Settings.load(homes[0])
        settings.policy = try PolicyTable(rules: [
            PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"])
        ])
        settings.listen = ListenSettings(host: "127.0.0.1")
        settings.broadcast.isAnswering = answering
        settings.broadcast.host = "127.0.0.1"
        settings.broadcast.port = 0
        let server = try await NameServer(
            settings: settings, audit: try NameServer.auditLog(of: homes[0], origin: "lantern.test/audit"))
        return (server, homes)
    }

    @Test("locate_ns of both generations finds it by their own broadcast", arguments: PyroGeneration.allCases)
    func located(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let (server, homes) = try await nameServer(hosts)
        let port = try #require(server.broadcastPort)
        let client = try PythonProcess(
            "discovery.py", home: homes[1], String(port), server.uri.description, generation: generation)
        await client.finish().expectAllCases()
        await server.daemon.shutdown()
    }

    @Test("a Lantern program finds it the same way, and nobody answers unless that is switched on")
    func lantern() async throws {
        let hosts = try TestHosts()
        let (server, homes) = try await nameServer(hosts)
        var settings = try Settings.load(homes[1])
        settings.broadcast.isAsking = true
        settings.broadcast.addresses = ["127.0.0.1"]
        settings.broadcast.port = try #require(server.broadcastPort)
        settings.nameServer.identity = "spiffe://lantern.test/ns"
        let client = try Client(settings: settings)
        #expect(try await client.nameServer().count() == 1)
        #expect(try await client.nameService().find(NameSearch()).names.count == 1)
        await client.shutdown()
        await server.daemon.shutdown()
        let (silent, _) = try await nameServer(TestHosts(), answering: false)
        #expect(silent.broadcastPort == nil)
        await silent.daemon.shutdown()
    }

    @Test("Pyro5's own responder does not answer our question")
    func pyroResponder() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["client"])
        let responder = try PythonProcess("discovery_responder.py", home: nil)
        var settings = try Settings.load(homes[0])
        settings.broadcast.isAsking = true
        settings.broadcast.addresses = ["127.0.0.1"]
        settings.broadcast.port = try #require(Int(try await responder.ready()))
        settings.broadcast.timeout = .seconds(0.3)
        // What it says to others has no signature.
        let finding = await NameServerLocator(settings: settings).finding(of: .broadcast, within: .seconds(5))
        guard case .nothing(let reason) = finding.outcome else {
            Issue.record("\(finding)")
            return
        }
        #expect(reason == "nobody answered")
        await responder.stop()
    }
}
