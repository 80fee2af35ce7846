import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Stock Pyro programs of both generations that call a Lantern daemon.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonClientTests {
    @Test(
        "A1 A2 A3 A4 A5 A7 A8 A9 A10 A11 A12 A21 C15 C22 E1 E2 E6 F1 H6: every kind of call works from Python",
        arguments: SerializerFormat.allCases, PyroGeneration.allCases)
    func everyKind(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await LanternSide()
        let client = try PythonProcess(
            "client.py", home: side.home, side.workshop, side.echo, format.rawValue, generation: generation)
        await client.finish().expectAllCases()
        await side.daemon.shutdown()
    }

    @Test(
        "D1 D2 D3 D4 D9 D20 D22 D23: every value of the round-trip table is echoed as Pyro would",
        arguments: SerializerFormat.allCases, PyroGeneration.allCases)
    func values(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await LanternSide()
        let client = try PythonProcess(
            "values.py", home: side.home, side.echo, format.rawValue, Python.repository + "/Tests/Vectors",
            generation: generation)
        await client.finish().expectAllCases()
        await side.daemon.shutdown()
    }

    @Test("a shared HMAC key does instead of an Ed25519 one", arguments: PyroGeneration.allCases)
    func sharedKey(generation: PyroGeneration) async throws {
        let side = try await LanternSide(algorithm: .hmac)
        let client = try PythonProcess(
            "client.py", home: side.home, side.workshop, side.echo, "msgpack", generation: generation)
        await client.finish().expectAllCases()
        await side.daemon.shutdown()
    }

    @Test(
        "F4 F6: a proxy notices that its daemon is gone and connects to the next one",
        arguments: PyroGeneration.allCases)
    func reconnection(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let first = try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: 0)
        let client = try PythonProcess("reconnect.py", home: homes[1], first.workshop, generation: generation)
        #expect(try await client.ready() == "first x1")
        let port = first.daemon.port
        await first.daemon.shutdown()
        try client.tell("gone")
        #expect(try await client.ready() == "ConnectionClosedError")
        let second = try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: port)
        try client.tell("back")
        #expect(try await client.ready() == "back x1")
        await client.stop()
        await second.daemon.shutdown()
    }
}
