import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Limits, time limits and retries between Lantern and stock Pyro5 programs.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonLimitTests {
    @Test("F9 a Pyro5 daemon whose thread pool is used up says so; with retries the call waits for room")
    func poolIsUsedUp() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let side = try await PythonSide(
            hosts: hosts, server: homes[0], client: homes[1],
            config: ["THREADPOOL_SIZE": "1", "THREADPOOL_SIZE_MIN": "1"])
        let first = try side.dynamic("workshop")
        #expect(try await first.call("add", 1) == 1)
        let second = try side.dynamic("workshop")
        let error = await #expect(throws: LanternError.self) { try await second.call("add", 1) }
        #expect(error?.code == .overloaded)
        #expect(error?.detail.contains("no free workers") == true)
        let patient = try side.client.dynamicProxy(
            "PYRO:workshop@\(side.location)", options: ProxyOptions(retries: 50))
        let waiting = Task { try await patient.call("add", 1) }
        first.remote.close()
        #expect(try await waiting.value == 2)
        await side.close()
    }

    @Test("F9 a Pyro5 client over the daemon's limit is told, in the words of Pyro")
    func pyroClientIsTold() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let side = try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: 0) {
            $0.limits.connections = 1
        }
        let first = try PythonProcess("reconnect.py", home: homes[1], side.workshop)
        #expect(try await first.ready() == "first x1")
        let report = try await PythonProcess("reconnect.py", home: homes[1], side.workshop).finish()
        #expect(report.status != 0)
        #expect(report.errors.contains("no free workers"), "\(report.errors)")
        await first.stop()
        await side.daemon.shutdown()
    }

    @Test("F1 F6 a call that a Pyro5 daemon does not answer in time ends its connection, and the next works")
    func timeout() async throws {
        let side = try await PythonSide()
        let proxy = try side.dynamic("workshop")
        #expect(try await proxy.call("add", 1) == 1)
        let short = CallOptions(timeout: .milliseconds(300))
        let error = await #expect(throws: LanternError.self) {
            try await ProxyOptions.$current.withValue(short) { try await proxy.call("noted", "never") }
        }
        #expect(error?.code == .timeout)
        #expect(try await proxy.call("add", 1) == 2)
        #expect(try await proxy.call("callers") == 2, "another connection")
        await side.close()
    }

    @Test("F3 a Pyro5 client is closed after the daemon's idle time, and connects again by itself")
    func idle() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let side = try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: 0) {
            $0.limits.idleTimeout = .milliseconds(500)
        }
        let client = try PythonProcess("reconnect.py", home: homes[1], side.workshop)
        #expect(try await client.ready() == "first x1")
        try await Task.sleep(for: .seconds(2))
        try client.tell("call")
        #expect(try await client.ready() == "ConnectionClosedError")
        try client.tell("back")
        #expect(try await client.ready() == "back x1")
        await client.stop()
        await side.daemon.shutdown()
    }
}
