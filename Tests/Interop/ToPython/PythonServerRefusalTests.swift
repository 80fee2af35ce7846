import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Python daemons that a Lantern client must not talk to.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonServerRefusalTests {
    @Test(
        "a daemon with a certificate but without the signed handshake gets no call",
        arguments: PyroGeneration.allCases)
    func noProof(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let server = try PythonProcess("plain_server.py", home: nil, homes[0].path, generation: generation)
        let location = try await server.ready()
        let client = try PythonSide.client(homes[1])
        let error = await #expect(throws: LanternError.self) {
            // Without the runner Pyro4 takes no msgpack.
            try await client.dynamicProxy(
                "PYRO:echo@\(location)", options: ProxyOptions(serializer: .serpent)
            ).call("echo", 1)
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.detail.contains("signed handshake") == true)
        #expect(await !server.stop().output.contains("CALLED"))
        await client.shutdown()
    }

    @Test("a daemon of another authority gets no call", arguments: PyroGeneration.allCases)
    func otherAuthority(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let others = try TestHosts()
        let stranger = try PythonSide.client(try others.homes(["client", "server"])[0])
        let error = await #expect(throws: LanternError.self) {
            try await stranger.dynamicProxy("PYRO:echo@\(side.location)").call("echo", 1)
        }
        #expect(error?.code == .authenticationFailed)
        await stranger.shutdown()
        await side.close()
    }

    @Test("a daemon that does not know our key refuses us, and we say so", arguments: PyroGeneration.allCases)
    func unknownKey(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let unknown = try hosts.homes(["outsider"])[0]
        try HomeFactory.authorize(homes[0], identity: try TestHosts.identity("server"), in: unknown)
        let side = try await PythonSide(generation, hosts: hosts, server: homes[0], client: unknown)
        let error = await #expect(throws: LanternError.self) {
            try await side.dynamic("echo").call("echo", 1)
        }
        #expect(error?.code == .connectionRefused)
        #expect(error?.detail.contains("authentication failed") == true)
        await side.close()
    }

    @Test(
        "a daemon with another identity than the expected one gets no call",
        arguments: PyroGeneration.allCases)
    func wrongIdentity(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let options = ProxyOptions(expectedIdentity: "spiffe://lantern.test/other")
        let error = await #expect(throws: LanternError.self) {
            try await side.client.dynamicProxy("PYRO:echo@\(side.location)", options: options).call("echo", 1)
        }
        #expect(error?.code == .authenticationFailed)
        await side.close()
    }
}
