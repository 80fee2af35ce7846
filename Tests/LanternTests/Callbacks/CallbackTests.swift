import Lantern
import LanternTesting
import LanternTrust
import LanternValue
import Synchronization
import Testing

/// A client's objects, called by a server over the client's own connection.
@Suite(.timeLimit(.minutes(2)))
struct CallbackTests {
    @Test(
        "A15 callbacks: an object of a client is called over the connection that the client opened",
        arguments: [SerializerFormat.msgpack, .json, .serpent])
    func overTheSameConnection(format: SerializerFormat) async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room(ProxyOptions(serializer: format))
        let reader = Fan()
        #expect(try await room.ask(reader, "hello") == "reader: hello")
        #expect(reader.lines.withLock { $0 } == ["hello"])
        #expect(try await room.who(reader) == "spiffe://lantern.test/server")
        try await room.flash(reader, "now")
        try await reader.gate.wait("now")
        await loopback.close()
    }

    @Test("D12 auto-proxy: objects travel in lists, dictionaries and optionals")
    func collections() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let (one, two) = (Fan("one"), Fan("two"))
        let answers = try await room.all([one, two], named: ["b": two, "a": one], extra: nil)
        #expect(answers == ["one: list", "two: list", "one: a", "two: b"])
        #expect(try await room.all([], named: [:], extra: one) == ["one: extra"])
        await loopback.close()
    }

    @Test("A4 identity: an object keeps its reference, and comes back as itself")
    func identity() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let (one, two) = (Fan("one"), Fan("two"))
        try await room.subscribe(one)
        try await room.subscribe(two)
        #expect(try await room.latest() as? Fan === two)
        #expect(try await room.publish("x") == ["one: x", "two: x"])
        #expect(try await room.unsubscribe(one))
        #expect(try await !room.unsubscribe(one))
        #expect(try await room.publish("y") == ["two: y"])
        await loopback.close()
    }

    @Test("A15 callbacks call back, and those again, thirty deep")
    func nested() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let reader = Fan(room: room)
        #expect(try await room.recurse(30, listener: reader) == 30)
        await loopback.close()
    }

    @Test("A17 nested callbacks never wait for their own callers, however few places there are")
    func nestedWithoutRoom() async throws {
        let loopback = try await NewsLoopback(
            adjustServer: {
                $0.limits.handlersPerConnection = 2
                $0.limits.handlers = 2
            }, adjustClient: { $0.references.handlersPerConnection = 1 })
        let room = try loopback.room()
        let reader = Fan(room: room)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<12 { group.addTask { try await room.recurse(4, listener: reader) } }
            for try await depth in group { #expect(depth == 4) }
        }
        // The places beside the others were given back.
        #expect(try await room.ask(reader, "still") == "reader: still")
        await loopback.close()
    }

    @Test("handlers at the client are bounded: others wait in line")
    func boundedHandlers() async throws {
        let loopback = try await NewsLoopback(adjustClient: { $0.references.handlersPerConnection = 3 })
        let room = try loopback.room()
        let slow = SlowReader()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 { group.addTask { _ = try await room.ask(slow, "\(number)") } }
            try await group.waitForAll()
        }
        #expect(slow.meter.total == 20)
        #expect(slow.meter.most <= 3)
        await loopback.close()
    }

    @Test("A16 callback mark: an error goes to the caller and is logged where it happened")
    func errors() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let error = await #expect(throws: RemoteError.self) { try await room.fail(Fan()) }
        #expect(error?.type == "builtins.KeyError")
        #expect(error?.message == "'no reader'")
        let line = loopback.log.lines.first { $0.contains("method threw") }
        #expect(line?.hasPrefix("warning") == true)
        #expect(line?.contains("identity=spiffe://lantern.test/server") == true)
        #expect(line?.contains("method=fail") == true)
        await loopback.close()
    }

    @Test(
        "A16 an object of a daemon logs its errors when its registration says so", arguments: [true, false])
    func logsErrors(logs: Bool) async throws {
        let log = LogLines()
        let hosts = try TestHosts()
        var (server, caller) = try hosts.pair(rules: [Loopback.allowAll])
        server.listen.host = "127.0.0.1"
        let daemon = try await Daemon(settings: server, logger: log.logger)
        let uri = try await daemon.register(
            Fan(), as: (any Follower).self, id: "r", options: ObjectOptions(logsErrors: logs))
        let client = try Client(settings: caller)
        await #expect(throws: RemoteError.self) {
            try await client.dynamicProxy(uri.description).call("fail")
        }
        #expect(log.lines.contains { $0.contains("method threw") } == logs)
        await client.shutdown()
        await daemon.shutdown()
    }

    @Test("A14 the correlation id of a call goes with its callbacks")
    func correlation() async throws {
        let loopback = try await NewsLoopback()
        let ids = try await loopback.room().chain(Fan())
        #expect(ids.count == 2)
        #expect(ids.first == ids.last)
        #expect(ids.first?.count == 36)
        await loopback.close()
    }

    @Test("a callback's result may be a stream")
    func streams() async throws {
        let loopback = try await NewsLoopback()
        #expect(try await loopback.room().sum(Fan(), upTo: 200) == 19_900)
        await loopback.close()
    }

    @Test("cancelling the outer call cancels the callback under way")
    func cancellation() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let reader = Fan()
        let call = Task { try await room.wait(reader) }
        try await reader.gate.wait("callback waits")
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        try await reader.gate.wait("callback cancelled")
        await loopback.close()
    }

    @Test("a callback that takes too long ends with its caller's deadline")
    func deadline() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let reader = Fan()
        #expect(try await room.plain() == 1)
        let call = Task {
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .seconds(3))) {
                try await room.wait(reader)
            }
        }
        try await reader.gate.wait("callback waits")
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.code == .timeout)
        try await reader.gate.wait("callback cancelled")
        await loopback.close()
    }

    @Test("handed-out objects are bounded on each connection", arguments: [0, 2])
    func boundedObjects(maximum: Int) async throws {
        let loopback = try await NewsLoopback(adjustClient: { $0.references.handedOut = maximum })
        let room = try loopback.room()
        let readers = (0...maximum).map { Fan("\($0)") }
        for reader in readers.dropLast() { try await room.subscribe(reader) }
        for reader in readers.dropLast() { _ = try await room.ask(reader, "again") }
        let last = try #require(readers.last)
        let error = await #expect(throws: LanternError.self) { try await room.subscribe(last) }
        #expect(error?.code == .overloaded)
        if maximum > 0 {
            RemoteProxy.of(room)?.withdraw(readers[0])
            try await room.subscribe(last)
        }
        await loopback.close()
    }

    @Test("an object that was withdrawn is unknown to the server that still has its stub")
    func withdrawn() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let reader = Fan()
        try await room.subscribe(reader)
        let proxy = try #require(RemoteProxy.of(room))
        proxy.withdraw(reader)
        let error = await #expect(throws: RemoteError.self) { try await room.publish("late") }
        #expect(error?.type == "Pyro5.errors.DaemonError")
        #expect(error?.message == "unknown object")
        #expect(reader.lines.withLock { $0.isEmpty })
        // What is no class instance, or was never handed out, is passed over.
        proxy.withdraw(reader)
        proxy.withdraw(1)
        await loopback.close()
    }

    @Test("handed-out objects end with the connection: the server is told so, the client lets go of them")
    func connectionGone() async throws {
        let loopback = try await NewsLoopback()
        let other = try loopback.room()
        weak var held: Fan?
        do {
            let room = try loopback.room()
            let reader = Fan()
            held = reader
            try await room.subscribe(reader)
            #expect(try await other.publish("in time") == ["reader: in time"])
            // One more call of ours under way when it ends.
            let waiting = Task { try await other.wait(Fan(gate: Gate())) }
            waiting.cancel()
            _ = try? await waiting.value
            RemoteProxy.of(room)?.close()
        }
        let error = await #expect(throws: RemoteError.self) { try await other.publish("late") }
        #expect(error?.message.contains("disconnected") == true)
        for _ in 0..<1_000 where held != nil { await Task.yield() }
        let released = await eventually { held == nil }
        #expect(released)
        await loopback.close()
    }

    @Test("a callback under way when its client goes ends with an error")
    func connectionLostMeanwhile() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let other = try loopback.room()
        let reader = Fan()
        try await room.subscribe(reader)
        let stub = try await #require(loopback.service.listeners.first)
        let call = Task { try await stub.wait() }
        try await reader.gate.wait("callback waits")
        RemoteProxy.of(room)?.close()
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.code == .connectionLost)
        try await reader.gate.wait("callback cancelled")
        #expect(try await other.plain() == 1)
        await loopback.close()
    }

    @Test("an object of one client is not passed on to another")
    func notPassedOn() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let other = try loopback.room()
        try await room.subscribe(Fan())
        let error = await #expect(throws: RemoteError.self) { try await other.latest() }
        #expect(error?.message.contains("over the connection that it was handed out on") == true)
        await loopback.close()
    }

    @Test("marshal carries no objects, and says so")
    func marshal() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room(ProxyOptions(serializer: .marshal))
        let error = await #expect(throws: LanternError.self) { try await room.ask(Fan(), "x") }
        #expect(error?.code == .notSupported)
        #expect(error?.detail.contains("marshal") == true)
        #expect(try await room.plain() == 1)
        await loopback.close()
    }

    @Test("an object can be handed out for calls by name")
    func byName() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.client.dynamicProxy(loopback.uri)
        let reader = Fan()
        let value = try await room.remote.handOut(reader, as: (any Follower).self)
        #expect(try await room.call("ask", value, "x") == "reader: x")
        // What comes back is the client's own.
        try await room.call("subscribe", value)
        let latest = try await room.call("latest")
        #expect(latest.remoteURI == value.remoteURI)
        #expect(throws: LanternError.self) { try room.remote.proxy(latest) }
        await loopback.close()
    }

    @Test("a client's policy may deny methods of what it hands out")
    func policy() async throws {
        let rule = PolicyRule(
            .deny, identities: ["*"], objects: ["callback.Follower.*"], methods: ["news"])
        let loopback = try await NewsLoopback(
            adjustClient: { settings in
                if let policy = try? PolicyTable(rules: [rule]) { settings.policy = policy }
            })
        let room = try loopback.room()
        let error = await #expect(throws: RemoteError.self) { try await room.ask(Fan(), "x") }
        #expect(error?.message == "not allowed to call 'news'")
        #expect(try await room.who(Fan()) == "spiffe://lantern.test/server")
        #expect(loopback.log.lines.contains { $0.contains("callback refused") && $0.contains("denied by") })
        await loopback.close()
    }

    @Test("a daemon that drains lets callbacks under way end")
    func drain() async throws {
        let loopback = try await NewsLoopback()
        let room = try loopback.room()
        let reader = GatedReader()
        let call = Task { try await room.ask(reader, "x") }
        try await reader.gate.wait("in")
        let shutdown = Task { await loopback.daemon.shutdown() }
        let proxy = try #require(RemoteProxy.of(room))
        #expect(await eventually { !proxy.isConnected })
        reader.gate.open("out")
        #expect(try await call.value == "gated: x")
        await shutdown.value
        await loopback.client.shutdown()
    }
}

/// Asks again, with pauses, for as long as a loaded machine may take.
func eventually(_ condition: () async -> Bool) async -> Bool {
    for _ in 0..<2_000 {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return await condition()
}

/// Counts how many of its calls run at once.
struct SlowReader: Follower {
    let meter = Meter()

    func news(_ line: String) async throws -> String {
        meter.enter()
        defer { meter.leave() }
        for _ in 0..<50 { await Task.yield() }
        return line
    }

    func flash(_ line: String) async throws {}
    func recurse(_ depth: Int, with room: any Press) async throws -> Int { 0 }
    func fail() async throws {}
    func wait() async throws {}
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int> { RemoteStream(0..<limit) }
    func who() async throws -> String { "" }
    func chain() async throws -> String { "" }
}

/// Answers when it is told to.
final class GatedReader: Follower {
    let gate = Gate()

    func news(_ line: String) async throws -> String {
        gate.open("in")
        try await gate.wait("out")
        return "gated: \(line)"
    }

    func flash(_ line: String) async throws {}
    func recurse(_ depth: Int, with room: any Press) async throws -> Int { 0 }
    func fail() async throws {}
    func wait() async throws {}
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int> { RemoteStream(0..<limit) }
    func who() async throws -> String { "" }
    func chain() async throws -> String { "" }
}
