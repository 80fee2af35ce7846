import Testing

@testable import LanternNameServer

struct ReachabilityTests {
    @Test(
        "addresses that mean this host are known in every spelling",
        arguments: [
            "localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.1", "127.255.0.9",
            "0.0.0.0", "0", "0x7f.1", "2130706433", "::", "::1", "0:0:0:0:0:0:0:0", "0:0::1",
            "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0.0.0.0", "1.2.3.4.5", "999",
        ])
    func local(host: String) {
        #expect(Reachability.isLocal(host))
    }

    @Test(
        "others are not",
        arguments: [
            "example.org", "localhost.example.org", "10.0.0.1", "128.0.0.1", "1.2.3.4", "fe80::1",
            "fe80::1%eth0", "2001:db8::1", "::ffff:10.0.0.1", "db8::", "1::", "host-127.0.0.1.example",
        ])
    func remote(host: String) {
        #expect(!Reachability.isLocal(host))
    }

    @Test("a caller is of this host by loopback or Unix socket")
    func callers() {
        for address in ["127.0.0.1:4000", "[::1]:4000", "unix:uid=0,pid=1", "unix"] {
            #expect(Reachability.isOfThisHost(address))
        }
        for address in ["10.0.0.7:4000", "[2001:db8::1]:4000", "", "nonsense"] {
            #expect(!Reachability.isOfThisHost(address))
        }
    }

    @Test("a registrant elsewhere is told which setting to mend; one here may use any address")
    func registration() async throws {
        let registry = NameRegistry(store: MemoryNameStore())
        let far = NameActor("spiffe://lantern.test/far", isLocal: false)
        for place in ["localhost:1", "0.0.0.0:1", "[::]:1", "[::1]:1", "./u:/tmp/socket"] {
            let error = await #expect(throws: NamingError.self) {
                try await registry.register("a", uri: "PYRO:o@\(place)", by: far)
            }
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("listen.published-host") == true)
            try await registry.register(
                "a", uri: "PYRO:o@\(place)", by: NameActor("spiffe://lantern.test/near"))
            #expect(try await registry.remove(name: "a", by: NameActor("spiffe://lantern.test/near")) == 1)
        }
        try await registry.register("a", uri: "PYRO:o@host.example:1", by: far)
        try await registry.register("b", uri: "PYRONAME:a", by: far)
        #expect(try await registry.count() == 2)
    }
}
