import LanternTrust
import LanternValue
import LanternWire
import Testing

@testable import Lantern

/// Section 6 of the list of Pyro's features, seen from the client.
@Suite(.timeLimit(.minutes(2)))
struct ReliabilityTests {
    @Test("F1 a call has a time limit; the connection to a Lantern daemon stays, and the next call works")
    func timeout() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic(ProxyOptions(timeout: .milliseconds(300)))
        try await proxy.remote.connect()
        let before = try await proxy.remote.connection(before: .now.advanced(by: .seconds(60)))
        let error = await #expect(throws: LanternError.self) { try await proxy.call("wait") }
        #expect(error?.code == .timeout)
        #expect(try await CallOptions.patient { try await proxy.call("add", 1) } == 1)
        let after = try await proxy.remote.connection(before: .now.advanced(by: .seconds(60)))
        #expect(before === after)
        await loopback.close()
    }

    @Test("F2 a daemon that accepts and never answers is given up within the connect timeout")
    func frozenDaemon() async throws {
        let loopback = try await Loopback()
        let relay = try await Relay(to: loopback.daemon.port)
        relay.goSilent()
        var options = ProxyOptions()
        options.connectTimeout = .milliseconds(300)
        let proxy = try loopback.client.dynamicProxy(
            "PYRO:counter@127.0.0.1:\(relay.port)", options: options)
        let error = await #expect(throws: LanternError.self) { try await proxy.call("add", 1) }
        #expect(error.map { [.timeout, .connectFailed].contains($0.code) } == true)
        relay.speakAgain()
        let again = try loopback.client.dynamicProxy(proxy.remote.uri.description)
        #expect(try await again.call("add", 1) == 1)
        await relay.close()
        await loopback.close()
    }

    @Test("F4 F6 a proxy whose connection broke says so once, and connects again by itself")
    func reconnects() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        let call = Task { try await proxy.call("wait") }
        try await loopback.gate.wait("waiting")
        let port = loopback.daemon.port
        await loopback.daemon.abort()
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.code == .connectionLost)
        var settings = loopback.server
        settings.listen.port = port
        let next = try await ShutdownTests.daemon(settings)
        try await next.register(CounterService(), as: (any Counter).self, id: "counter")
        #expect(try await proxy.call("add", 1) == 1)
        await next.shutdown()
        await loopback.close()
    }

    @Test("F4 names are looked up again at each connection")
    func looksUpAgain() async throws {
        let loopback = try await Loopback()
        let other = try await Daemon(settings: loopback.server)
        let moved = try await other.register(dynamic: Lab(["who": { _ in .value("other") }]), id: "lab")
        let first = try await loopback.daemon.register(
            dynamic: Lab(["who": { _ in .value("first") }]), id: "lab")
        let asked = Meter()
        try await loopback.daemon.register(
            dynamic: Lab([
                "lookup": { _ in .value(.text(asked.enter() == 1 ? first.description : moved.description)) }
            ]), id: "Pyro.NameServer")
        let proxy = try loopback.client.dynamicProxy("PYRONAME:x@\(loopback.daemon.location)")
        #expect(try await proxy.call("who") == "first")
        #expect(try await proxy.call("who") == "first")
        proxy.remote.close()
        #expect(try await proxy.call("who") == "other")
        #expect(asked.total == 2)
        await other.shutdown()
        await loopback.close()
    }

    @Test("F7 ping: a sign of life from a daemon that is there, an error from one that is not")
    func ping() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic().remote
        try await proxy.ping()
        let waiting = Task { try await loopback.counter().wait() }
        try await loopback.gate.wait("waiting")
        try await proxy.ping()
        waiting.cancel()
        for generation in PyroGeneration.allCases {
            try await loopback.dynamic(ProxyOptions(generation: generation)).remote.ping()
        }
        await loopback.daemon.shutdown()
        await #expect(throws: LanternError.self) { try await proxy.ping() }
        await loopback.close()
    }

    @Test("F7 a ping has its own time limit")
    func pingTimeout() async throws {
        let loopback = try await Loopback()
        let relay = try await Relay(to: loopback.daemon.port)
        let proxy = try loopback.client.dynamicProxy("PYRO:counter@127.0.0.1:\(relay.port)").remote
        try await proxy.ping()
        relay.goSilent()
        let error = await #expect(throws: LanternError.self) {
            try await proxy.ping(timeout: .milliseconds(200))
        }
        #expect(error?.code == .timeout)
        await relay.close()
        await loopback.close()
    }
}

extension CallOptions {
    /// Runs calls with much time.
    static func patient<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        try await ProxyOptions.$current.withValue(CallOptions(timeout: .seconds(60), retries: 10)) {
            try await body()
        }
    }
}
