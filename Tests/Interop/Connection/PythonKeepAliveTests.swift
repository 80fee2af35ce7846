import Lantern
import LanternTesting
import LanternTrust
import Testing

/// The keep-alive towards stock Pyro5 programs: nobody's connection ends because somebody takes his time.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonKeepAliveTests {
    private static let quick = KeepAliveSettings(interval: .milliseconds(100), timeout: .seconds(20))

    @Test("A21 a Pyro5 daemon answers pings between calls; during a call there are none")
    func daemon() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let side = try await PythonSide(hosts: hosts, server: homes[0], client: homes[1])
        var settings = try Settings.load(homes[1])
        settings.keepAlive = Self.quick
        let client = try Client(settings: settings)
        let proxy = try client.dynamicProxy("PYRO:workshop@\(side.location)")
        #expect(try await proxy.call("add", 1) == 1)
        // Idle for many intervals, then in a call for many.
        try await Task.sleep(for: .milliseconds(600))
        let noted = Task { try await proxy.call("noted", "a line") }
        try await Task.sleep(for: .milliseconds(600))
        let other = try side.dynamic("workshop")
        try await other.oneway("note", arguments: ["a line"])
        #expect(try await noted.value == true)
        #expect(try await proxy.call("callers") == 1, "one connection all the time")
        await client.shutdown()
        await side.close()
    }

    @Test("a Pyro5 client that is idle is never asked, and stays")
    func client() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let side = try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: 0) {
            $0.keepAlive = Self.quick
        }
        let client = try PythonProcess("reconnect.py", home: homes[1], side.workshop)
        #expect(try await client.ready() == "first x1")
        try await Task.sleep(for: .milliseconds(600))
        // The program expects an error here, and says FAIL when the call works: the connection is there.
        try client.tell("go on")
        #expect(try await client.line().hasPrefix("FAIL"))
        await client.stop()
        await side.daemon.shutdown()
    }
}
