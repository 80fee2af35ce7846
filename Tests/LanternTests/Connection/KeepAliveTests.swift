import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

@testable import Lantern

/// The rules of the keep-alive, without a connection.
struct KeepAliveTests {
    @Test("who was heard of is left alone")
    func heard() {
        var watch = KeepAlive()
        for _ in 0..<10 {
            #expect(watch.look(isExcused: false, canAsk: true) == .nothing)
            watch.heard()
        }
    }

    @Test("two looks without news ask, the next gives up")
    func silence() {
        var watch = KeepAlive()
        let looks = (0..<4).map { _ in watch.look(isExcused: false, canAsk: true) }
        #expect(looks == [.nothing, .nothing, .ask, .giveUp])
    }

    @Test("any news, and any excuse, start over", arguments: [true, false])
    func answered(byNews: Bool) {
        var watch = KeepAlive()
        for _ in 0..<3 { _ = watch.look(isExcused: false, canAsk: true) }
        #expect(watch.isAsking)
        if byNews { watch.heard() }
        #expect(watch.look(isExcused: !byNews, canAsk: true) == .nothing)
        #expect(!watch.isAsking)
        let looks = (0..<3).map { _ in watch.look(isExcused: false, canAsk: true) }
        #expect(looks == [.nothing, .ask, .giveUp])
    }

    @Test("who cannot be asked is only counted")
    func mute() {
        var watch = KeepAlive()
        for _ in 0..<7 { #expect(watch.look(isExcused: false, canAsk: false) == .nothing) }
        #expect(watch.silence == 6)
        watch.heard()
        _ = watch.look(isExcused: false, canAsk: false)
        #expect(watch.silence == 0)
    }

    @Test("J11 TCP's own probes have the same times, in whole seconds that the system takes")
    func socketOptions() {
        let values = KeepAliveSettings(interval: .seconds(60), timeout: .seconds(21)).socketOptions.map(\.1)
        #expect(values == [1, 60, 7, 3])
        let least = KeepAliveSettings(interval: .zero, timeout: .milliseconds(1))
        #expect(least.socketOptions.map(\.1) == [1, 1, 1, 3])
        #expect(least.tick > .zero && least.patience > .zero)
        let most = KeepAliveSettings(interval: .seconds(1 << 40), timeout: .seconds(1 << 40))
        #expect(most.socketOptions.map(\.1) == [1, 32_767, 32_767, 3])
    }
}

/// Peers that stop answering and do not close.
@Suite(.timeLimit(.minutes(2)))
struct SilentPeerTests {
    private static let quick = KeepAliveSettings(interval: .milliseconds(200), timeout: .seconds(2))
    private static let slow = KeepAliveSettings(interval: .seconds(3_000), timeout: .seconds(3_000))

    /// A daemon behind a relay, and a client that goes through it.
    private func behindRelay(
        client: KeepAliveSettings, daemon: KeepAliveSettings,
        _ body: (Loopback, Relay, DynamicProxy) async throws -> Void
    ) async throws {
        let loopback = try await Loopback { $0.keepAlive = daemon }
        let relay = try await Relay(to: loopback.daemon.port)
        var settings = loopback.caller
        settings.keepAlive = client
        let caller = try Client(settings: settings)
        let proxy = try caller.dynamicProxy(
            "PYRO:counter@127.0.0.1:\(relay.port)", options: ProxyOptions(timeout: .seconds(60)))
        try await body(loopback, relay, proxy)
        await caller.shutdown()
        await relay.close()
        await loopback.close()
    }

    @Test("J11 an idle connection whose peer is gone is noticed by the client; the next call makes another")
    func idleClient() async throws {
        try await behindRelay(client: Self.quick, daemon: Self.slow) { _, relay, proxy in
            #expect(try await proxy.call("add", 1) == 1)
            relay.goSilent()
            let connection = try await proxy.remote.connection(before: .now.advanced(by: .seconds(60)))
            await connection.end()
            #expect(!proxy.remote.isConnected)
            relay.speakAgain()
            #expect(try await proxy.call("add", 1) == 2)
            #expect(relay.count.total == 2)
        }
    }

    @Test("a call that waits for a peer that is gone fails long before its own time is over")
    func waitingCall() async throws {
        try await behindRelay(client: Self.quick, daemon: Self.slow) { loopback, relay, proxy in
            let call = Task { try await proxy.call("wait") }
            try await loopback.gate.wait("waiting")
            relay.goSilent()
            let error = await #expect(throws: LanternError.self) { try await call.value }
            #expect(error?.code == .connectionLost)
            #expect(error?.detail.contains("sign of life") == true)
        }
    }

    @Test("J11 the daemon notices a client that is gone: its calls are cancelled, its connection ends")
    func daemonNotices() async throws {
        try await behindRelay(client: Self.slow, daemon: Self.quick) { loopback, relay, proxy in
            let call = Task { try await proxy.call("wait") }
            try await loopback.gate.wait("waiting")
            relay.goSilent()
            try await loopback.gate.wait("cancelled")
            call.cancel()
            await loopback.daemon.untilEmpty()
        }
    }

    @Test("a slow method and an idle time are no reason to end a connection: both ends answer pings")
    func slowIsNotDead() async throws {
        let settings = KeepAliveSettings(interval: .milliseconds(40), timeout: .seconds(20))
        let loopback = try await Loopback {
            $0.keepAlive = settings
            $0.limits.connections = 1
        }
        var caller = loopback.caller
        caller.keepAlive = settings
        let client = try Client(settings: caller)
        let proxy = try client.dynamicProxy(loopback.uri)
        try await loopback.daemon.register(
            dynamic: Lab([
                "slow": { _ in
                    try await Task.sleep(for: .milliseconds(500))
                    return .value("done")
                }
            ]), id: "lab")
        let before = try await proxy.remote.connection(before: .now.advanced(by: .seconds(20)))
        let answer = try await proxy.remote.send(flags: [], object: "lab") { object, format in
            var call = try CallWriter(format: format, object: object, method: "slow", argumentCount: 0)
            return try call.finish()
        }
        #expect(try answer.value() == "done")
        let after = try await proxy.remote.connection(before: .now.advanced(by: .seconds(20)))
        #expect(before === after)
        await client.shutdown()
        await loopback.close()
    }

    @Test("an idle Pyro daemon is asked, one that works on a call is not")
    func pyroDaemon() async throws {
        let loopback = try await Loopback()
        let server = try await ScriptedServer(loopback.server)
        var settings = loopback.caller
        settings.keepAlive = KeepAliveSettings(interval: .milliseconds(100), timeout: .seconds(3))
        let client = try Client(settings: settings)
        let proxy = try client.dynamicProxy(server.uri, options: ProxyOptions(timeout: .seconds(60)))
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        try await end.acceptConnect()
        let invoke = try await end.nextCall()
        // Silence during the call, for many intervals.
        try await Task.sleep(for: .milliseconds(700))
        #expect(end.inbox.count == 0, "nothing was sent during the call")
        try await end.answer(invoke, 1)
        #expect(try await call.value == 1)
        let ping = try #require(await end.next())
        #expect(ping.isPing)
        try await end.send(.pong(answering: ping))
        let again = try #require(await end.next())
        #expect(again.isPing)
        #expect(again.sequence != ping.sequence)
        // No answer: the connection ends, and the next call goes elsewhere.
        #expect(await end.rest().isEmpty)
        let next = Task { try await proxy.call("add", 2) }
        let second = try await server.accept()
        try await second.acceptConnect()
        try await second.answer(try await second.nextCall(), 2)
        #expect(try await next.value == 2)
        await client.shutdown()
        await server.close()
        await loopback.close()
    }

    @Test("a call that waits behind an unanswered ping of an idle Pyro daemon goes to the next connection")
    func callBehindPing() async throws {
        let loopback = try await Loopback()
        let server = try await ScriptedServer(loopback.server)
        var settings = loopback.caller
        settings.keepAlive = KeepAliveSettings(interval: .milliseconds(100), timeout: .seconds(3))
        let client = try Client(settings: settings)
        let proxy = try client.dynamicProxy(server.uri, options: ProxyOptions(timeout: .seconds(60)))
        let connecting = Task { try await proxy.remote.connect() }
        let first = try await server.accept()
        try await first.acceptConnect()
        try await connecting.value
        let ping = try #require(await first.next())
        #expect(ping.isPing)
        let call = Task { try await proxy.call("add", 1) }
        let second = try await server.accept()
        try await second.acceptConnect()
        try await second.answer(try await second.nextCall(), 1)
        #expect(try await call.value == 1)
        #expect(await first.rest().isEmpty, "the call was not sent there")
        await client.shutdown()
        await server.close()
        await loopback.close()
    }

    @Test("a pong that nobody asked for is no reason to answer, and a Pyro peer's ping is one")
    func pingPong() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        let ping = Frame.ping(version: .v502, sequence: 7)
        try await peer.send(.pong(answering: ping), ping)
        let answer = try #require(await peer.next())
        #expect(answer.isPong)
        #expect(answer.sequence == 7)
        await peer.close()
        await loopback.close()
    }

    @Test("F3 an idle Pyro client is closed after the idle time, when one is set")
    func idleTimeout() async throws {
        let loopback = try await Loopback { $0.limits.idleTimeout = .milliseconds(100) }
        // A Lantern peer is asked, and stays.
        let lantern = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await lantern.authenticate(asLantern: true, keepsAlive: true)
        try await loopback.daemon.register(
            dynamic: Lab([
                "slow": { _ in
                    try await Task.sleep(for: .milliseconds(400))
                    return .value("done")
                }
            ]), id: "lab")
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.send(peer.connectFrame(), RawEnd.call("slow", object: "lab"))
        #expect(await peer.next()?.type == .connectOK)
        // As long as a call runs, silence is the daemon's own.
        #expect(try #require(await peer.next()).value() == "done")
        #expect(await peer.rest().isEmpty)
        try await lantern.send(RawEnd.call("add", [1]))
        #expect(try #require(await lantern.next()).value() == 1)
        await lantern.close()
        await loopback.close()
    }

    @Test("F3 a message that is begun and not finished ends its connection")
    func halfAMessage() async throws {
        let loopback = try await Loopback {
            $0.keepAlive = KeepAliveSettings(interval: .milliseconds(100), timeout: .milliseconds(100))
        }
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        var bytes = ByteBuffer()
        try FrameEncoder.encode(RawEnd.call("add", [1]), into: &bytes)
        try await peer.send(bytes: Array(buffer: bytes).dropLast(3))
        #expect(await peer.rest().isEmpty)
        // Silence between messages is allowed as long as no idle time is set.
        let idle = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await idle.authenticate()
        try await Task.sleep(for: .milliseconds(500))
        try await idle.send(RawEnd.call("add", [1]))
        #expect(try #require(await idle.next()).value() == 1)
        await idle.close()
        await loopback.close()
    }
}

extension RawEnd {
    /// The next call; pings before it are answered.
    func nextCall() async throws -> Frame {
        while true {
            let frame = try #require(await next())
            guard frame.isPing else { return frame }
            try await send(.pong(answering: frame))
        }
    }
}

extension Daemon {
    /// Waits until no connection is left; for a minute at most.
    func untilEmpty() async {
        for _ in 0..<60_000 where core.census.count > 0 { try? await Task.sleep(for: .milliseconds(1)) }
        #expect(core.census.count == 0)
    }
}
