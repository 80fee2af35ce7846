import Lantern
import LanternValue
import LanternWire
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// How a daemon ends.
@Suite(.timeLimit(.minutes(2)))
struct ShutdownTests {
    private func lab(_ loopback: Loopback) async throws -> String {
        let gate = loopback.gate
        return try await loopback.daemon.register(
            dynamic: Lab([
                "work": { _ in
                    gate.open("working")
                    try await gate.wait("go")
                    return .value("done")
                },
                // Takes no notice of being cancelled.
                "hang": { _ in
                    gate.open("hanging")
                    await Task { try? await gate.wait("never") }.value
                    return .value(.none)
                },
            ]), id: "lab"
        ).description
    }

    @Test("running calls end before the daemon does")
    func waits() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.client.dynamicProxy(try await lab(loopback))
        let call = Task { try await proxy.call("work") }
        try await loopback.gate.wait("working")
        let isDown = Mutex(false)
        let down = Task {
            await loopback.daemon.shutdown()
            isDown.withLock { $0 = true }
        }
        // The listener is the first to go.
        for _ in 0..<100 {
            guard (try? await RawEnd.connect(loopback.caller, port: loopback.daemon.port)) != nil else {
                break
            }
        }
        #expect(!isDown.withLock { $0 })
        loopback.gate.open("go")
        #expect(try await call.value == "done")
        await down.value
    }

    @Test("a Pyro peer gets its answer and is closed then")
    func pyroPeer() async throws {
        let loopback = try await Loopback()
        _ = try await lab(loopback)
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        let idle = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await idle.authenticate()
        try await peer.send(RawEnd.call("work", object: "lab"))
        try await loopback.gate.wait("working")
        let down = Task { await loopback.daemon.shutdown() }
        #expect(await idle.rest().isEmpty)
        loopback.gate.open("go")
        let answers = await peer.rest()
        #expect(try answers.map { try $0.value() } == ["done"])
        await down.value
    }

    @Test("a Lantern peer is asked to go; what it sent before is still done")
    func drainNotice() async throws {
        let loopback = try await Loopback()
        _ = try await lab(loopback)
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate(asLantern: true)
        try await peer.send(RawEnd.call("work", object: "lab", sequence: 1))
        try await loopback.gate.wait("working")
        let down = Task { await loopback.daemon.shutdown() }
        #expect(await peer.next()?.type == .drain)
        try await peer.send(RawEnd.call("add", [5], sequence: 2))
        #expect(try #require(await peer.next()).value() == 5)
        loopback.gate.open("go")
        #expect(try #require(await peer.next()).value() == "done")
        await peer.close()
        await down.value
    }

    @Test("handlers and peers that hang do not hold up the end beyond its time")
    func bounded() async throws {
        let loopback = try await Loopback { $0.limits.drainTimeout = .milliseconds(200) }
        let proxy = try loopback.client.dynamicProxy(try await lab(loopback))
        let call = Task { try await proxy.call("hang") }
        try await loopback.gate.wait("hanging")
        let silent = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await silent.authenticate(asLantern: true)
        let unfinished = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        let start = ContinuousClock.now
        await loopback.daemon.shutdown()
        #expect(start.duration(to: .now) < .seconds(5))
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.code == .connectionLost)
        _ = await (silent.rest(), unfinished.rest())
        loopback.gate.open("never")
    }

    @Test("shutting down twice, and at the same time, ends both")
    func twice() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter()
        let waiting = Task { try await counter.wait() }
        try await loopback.gate.wait("waiting")
        async let one: Void = loopback.daemon.shutdown()
        async let two: Void = loopback.daemon.shutdown()
        waiting.cancel()
        await one
        await two
        await loopback.daemon.shutdown()
    }

    @Test("the drain notice moves clients to the daemon that has taken over")
    func movesClients() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.client.dynamicProxy(try await lab(loopback))
        let old = Task { try await proxy.call("work") }
        try await loopback.gate.wait("working")
        let down = Task { await loopback.daemon.shutdown() }
        var settings = loopback.server
        settings.listen.port = loopback.daemon.port
        let next = try await Self.daemon(settings)
        try await next.register(dynamic: Lab(["who": { _ in .value("the next") }]), id: "lab")
        // The notice may still be under way: until it came, calls go to the old one, which has no such method.
        var answer: Value?
        for _ in 0..<1_000 where answer == nil { answer = try? await proxy.call("who") }
        #expect(answer == "the next")
        loopback.gate.open("go")
        #expect(try await old.value == "done")
        await down.value
        await next.shutdown()
    }

    /// A daemon on a port that another one is about to leave; bounded tries.
    static func daemon(_ settings: Settings) async throws -> Daemon {
        for _ in 0..<1_000 {
            if let daemon = try? await Daemon(settings: settings) { return daemon }
        }
        return try await Daemon(settings: settings)
    }

    @Test("a service group ends a daemon gracefully")
    func service() async throws {
        let loopback = try await Loopback()
        let group = ServiceGroup(services: [loopback.daemon], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        let proxy = try loopback.client.dynamicProxy(try await lab(loopback))
        let call = Task { try await proxy.call("work") }
        try await loopback.gate.wait("working")
        await group.triggerGracefulShutdown()
        loopback.gate.open("go")
        #expect(try await call.value == "done")
        try await running.value
        await #expect(throws: (any Error).self) {
            _ = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        }
    }

    @Test("a cancelled task ends a daemon too")
    func cancelled() async throws {
        let loopback = try await Loopback()
        let running = Task { try await loopback.daemon.run() }
        #expect(try await loopback.dynamic().call("add", 1) == 1)
        running.cancel()
        try await running.value
    }
}
