import Lantern
import LanternNameServer
import LanternTesting
import LanternTrust
import Testing

/// The name server as a whole: policy, audit, the Swift client.
@Suite(.timeLimit(.minutes(1)))
struct NameServerTests {
    @Test("what the policy denies is refused, and both are in the audit log")
    func policyAndAudit() async throws {
        var key = ""
        var directory = ""
        var hosts: Any?
        try await NameServerFixture.run { fixture in
            (hosts, directory) = (fixture.hosts, fixture.auditDirectory)
            try await fixture.alice.call("register", "a.room", "PYRO:room@localhost:7766")
            let denied = await NameServerFixture.failure { try await fixture.bob.call("count") }
            #expect(denied == "SecurityError: not allowed to call 'count'")
            key = try AuditLog.verifierKey(ofKeyFile: fixture.hosts.directory + "/ns/keys/audit.key")
            let report = try AuditLog.verify(directory: directory, verifierKey: key)
            #expect(report.isIntact)
            #expect(report.size == 2)
        }
        let lines = try AuditLog.tail(directory: directory, count: 10)
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""actor":"spiffe://lantern.test/alice""#) == true)
        #expect(lines.first?.contains(#""target":"a.room","decision":"permit""#) == true)
        #expect(lines.last?.contains(#""method":"count""#) == true)
        #expect(lines.last?.contains(#""decision":"deny""#) == true)
        _ = hosts
    }

    @Test("the Swift client finds a name, and a proxy by name reaches its object")
    func byName() async throws {
        try await NameServerFixture.run { fixture in
            var settings = fixture.alicesSettings
            settings.nameServer = NameServerAddress(
                host: "localhost", port: fixture.server.daemon.port, identity: "spiffe://lantern.test/ns")
            let client = try Client(settings: settings)
            let names = try client.nameServer()
            try await names.register("again", uri: fixture.server.uri, metadata: ["tag"])
            #expect(try await names.lookup("again") == fixture.server.uri)
            #expect(try await client.dynamicProxy("PYRONAME:again").call("count") == 2)
            #expect(try await client.dynamicProxy("PYROMETA:tag").call("ping").isNone)
            await #expect(throws: LanternError.self) { try await names.lookup("nobody") }
            await client.shutdown()
        }
    }

    @Test("a name server of another identity than the expected one is not believed")
    func wrongIdentity() async throws {
        try await NameServerFixture.run { fixture in
            var settings = fixture.alicesSettings
            settings.nameServer = NameServerAddress(
                host: "localhost", port: fixture.server.daemon.port, identity: "spiffe://lantern.test/other")
            let client = try Client(settings: settings)
            do {
                try await client.nameServer().ping()
                Issue.record("the wrong name server was believed")
            } catch let error as LanternError {
                #expect(error.code == .authenticationFailed)
            }
        }
    }
}
