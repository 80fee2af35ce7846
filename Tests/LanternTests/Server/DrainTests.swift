import LanternValue
import LanternWire
import Testing

@testable import Lantern

/// How a daemon that shuts down parts from its Lantern peers.
@Suite(.timeLimit(.minutes(2)))
struct DrainTests {
    /// A daemon that would wait long.
    private func patient(grace: Duration = .seconds(50)) async throws -> Loopback {
        try await Loopback {
            $0.limits.drainTimeout = .seconds(50)
            $0.limits.drainGrace = grace
        }
    }

    private func isQuick(_ start: ContinuousClock.Instant) -> Bool { start.duration(to: .now) < .seconds(30) }

    @Test("idle Lantern clients leave at once")
    func idleClients() async throws {
        let loopback = try await patient()
        let proxies = try (0..<3).map { _ in try loopback.dynamic() }
        for proxy in proxies { _ = try await proxy.call("add", 1) }
        let start = ContinuousClock.now
        await loopback.daemon.shutdown()
        #expect(isQuick(start))
        for proxy in proxies { #expect(!proxy.remote.isConnected) }
        await loopback.close()
    }

    @Test(
        "a peer that answers the ping behind the notice is closed by the daemon when it has nothing running")
    func answersPing() async throws {
        let loopback = try await patient()
        let gate = loopback.gate
        try await loopback.daemon.register(
            dynamic: Lab([
                "work": { _ in
                    gate.open("working")
                    try await gate.wait("go")
                    return .value("done")
                }
            ]), id: "lab")
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate(asLantern: true, keepsAlive: true)
        try await peer.send(RawEnd.call("work", object: "lab", sequence: 1))
        try await gate.wait("working")
        let start = ContinuousClock.now
        let down = Task { await loopback.daemon.shutdown() }
        #expect(await peer.next()?.type == .drain)
        let ping = try #require(await peer.next())
        #expect(ping.isPing)
        // On its way before the notice was read: still served.
        try await peer.send(RawEnd.call("add", [5], sequence: 2), .pong(answering: ping))
        #expect(try #require(await peer.next()).value() == 5)
        gate.open("go")
        #expect(try #require(await peer.next()).value() == "done")
        #expect(await peer.rest().isEmpty)
        await down.value
        #expect(isQuick(start))
    }

    @Test("a peer that does not react has a short grace, not the whole drain time")
    func ignores() async throws {
        let loopback = try await patient(grace: .milliseconds(200))
        for keepsAlive in [false, true] {
            let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
            try await peer.authenticate(asLantern: true, keepsAlive: keepsAlive)
        }
        let start = ContinuousClock.now
        await loopback.daemon.shutdown()
        #expect(isQuick(start))
    }

    @Test("within the grace a call that was under way to the daemon is served")
    func late() async throws {
        let loopback = try await patient()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate(asLantern: true)
        let down = Task { await loopback.daemon.shutdown() }
        #expect(await peer.next()?.type == .drain)
        try await peer.send(RawEnd.call("add", [5], sequence: 2))
        #expect(try #require(await peer.next()).value() == 5)
        await peer.close()
        await down.value
    }

    @Test("a pushed stream that is under way is read to its end, in as much time as that takes")
    func pushedStream() async throws {
        let loopback = try await patient(grace: .milliseconds(100))
        var options = ProxyOptions()
        options.streamLimits.windowItems = 1
        let (feed, _) = try await loopback.feed(options)
        let start = ContinuousClock.now
        var (down, next) = (Task<Void, Never>?.none, 0)
        for try await number in try await feed.numbers(upTo: 50) {
            #expect(number == next)
            next += 1
            guard down == nil else { continue }
            down = Task { await loopback.daemon.shutdown() }
            // Longer than the grace.
            try await Task.sleep(for: .milliseconds(400))
        }
        #expect(next == 50)
        await down?.value
        #expect(isQuick(start))
    }

    @Test("the answer to a ping of the keep-alive is not taken for one to the notice")
    func otherPong() async throws {
        let loopback = try await patient()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate(asLantern: true, keepsAlive: true)
        let down = Task { await loopback.daemon.shutdown() }
        #expect(await peer.next()?.type == .drain)
        let ping = try #require(await peer.next())
        try await peer.send(
            .pong(answering: .ping(version: .v502, sequence: 0)), RawEnd.call("add", [5], sequence: 2))
        #expect(try #require(await peer.next()).value() == 5)
        try await peer.send(.pong(answering: ping))
        #expect(await peer.rest().isEmpty)
        await down.value
    }
}
