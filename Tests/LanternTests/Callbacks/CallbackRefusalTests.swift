import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Synchronization
import Testing

@testable import Lantern

/// Servers and clients that do not keep to the rules of callbacks.
@Suite(.timeLimit(.minutes(2)))
struct CallbackRefusalTests {
    let loopback: Loopback
    let server: ScriptedServer

    init() async throws {
        loopback = try await Loopback()
        server = try await ScriptedServer(loopback.server)
    }

    private func end() async {
        await server.close()
        await loopback.close()
    }

    /// A connection on which one object is handed out; its id.
    private func handOut(_ reader: Fan) async throws -> (RawEnd, DynamicProxy, String) {
        let proxy = try loopback.client.dynamicProxy(server.uri)
        let handing = Task { try await proxy.remote.handOut(reader, as: (any Follower).self) }
        let end = try await server.accept()
        try await end.acceptConnect(asLantern: true)
        let value = try await handing.value
        return (end, proxy, try #require(value.remoteURI?.object))
    }

    @Test("the client answers a right call, and its reply goes by the number of the server")
    func rightCall() async throws {
        let (end, proxy, id) = try await handOut(Fan())
        try await end.send(try RawEnd.call("news", ["x"], object: id, sequence: 7))
        let reply = try #require(await end.next())
        #expect(reply.type == .result)
        #expect(reply.sequence == 7)
        #expect(try reply.value() == "reader: x")
        #expect(proxy.remote.isConnected)
        await self.end()
    }

    @Test(
        "what was not handed out cannot be called",
        arguments: ["counter", "", "callback.Follower.0", "Pyro.NameServer", "callback.*"])
    func unknownObject(object: String) async throws {
        let (end, proxy, _) = try await handOut(Fan())
        try await end.send(try RawEnd.call("news", ["x"], object: object, sequence: 1))
        let reply = try #require(await end.next())
        #expect(try reply.exception().message == "unknown object")
        #expect(proxy.remote.isConnected)
        await self.end()
    }

    @Test("what was handed out on one connection cannot be called on another")
    func otherConnection() async throws {
        let reader = Fan()
        let (one, first, id) = try await handOut(reader)
        let (two, second, other) = try await handOut(reader)
        #expect(id != other)
        try await two.send(try RawEnd.call("news", ["x"], object: id, sequence: 1))
        #expect(try await #require(two.next()).exception().message == "unknown object")
        try await one.send(try RawEnd.call("news", ["x"], object: id, sequence: 1))
        #expect(try await #require(one.next()).value() == "reader: x")
        #expect(first.remote.isConnected && second.remote.isConnected)
        await self.end()
    }

    @Test(
        "only the contract's methods can be called",
        arguments: ["lines", "deinit", "__class__", "_private", "", "news "])
    func unknownMethod(method: String) async throws {
        let (end, proxy, id) = try await handOut(Fan())
        try await end.send(try RawEnd.call(method, [], object: id, sequence: 1))
        let record = try await #require(end.next()).exception()
        #expect(record.className == "builtins.AttributeError")
        #expect(proxy.remote.isConnected)
        await self.end()
    }

    @Test("wrong arguments, and a body that is no call, are answered with an error")
    func badCalls() async throws {
        let (end, proxy, id) = try await handOut(Fan())
        try await end.send(try RawEnd.call("news", [1], object: id, sequence: 1))
        #expect(try await #require(end.next()).exception().className == "builtins.TypeError")
        try await end.send(
            Frame(
                version: .v502, type: .invoke, sequence: 2, serializer: .msgpack,
                payload: ByteBuffer(bytes: [0xc1])))
        #expect(try await #require(end.next()).flags.contains(.exception))
        // One that nobody wants an answer to has none.
        try await end.send(
            try RawEnd.call("fail", [], object: id, sequence: 3, flags: .oneway),
            try RawEnd.call("news", ["after"], object: id, sequence: 4))
        let reply = try #require(await end.next())
        #expect(reply.sequence == 4)
        #expect(proxy.remote.isConnected)
        await self.end()
    }

    @Test("a call whose turn has not come can be cancelled; other cancellations are passed over")
    func cancelParked() async throws {
        var settings = loopback.caller
        settings.references.handlersPerConnection = 1
        let client = try Client(settings: settings)
        let proxy = try client.dynamicProxy(server.uri)
        let reader = Fan()
        let handing = Task { try await proxy.remote.handOut(reader, as: (any Follower).self) }
        let end = try await server.accept()
        try await end.acceptConnect(asLantern: true)
        let id = try #require(try await handing.value.remoteURI?.object)
        try await end.send(
            .cancel(sequence: 99, version: .v502), try RawEnd.call("wait", [], object: id, sequence: 1),
            try RawEnd.call("news", ["parked"], object: id, sequence: 2),
            .cancel(sequence: 2, version: .v502))
        let reply = try #require(await end.next())
        #expect(reply.sequence == 2)
        #expect(try reply.exception().message == "the call was cancelled")
        try await end.send(.cancel(sequence: 1, version: .v502))
        #expect(try await #require(end.next()).sequence == 1)
        #expect(reader.lines.withLock { $0.isEmpty })
        #expect(proxy.remote.isConnected)
        await client.shutdown()
        await self.end()
    }

    @Test("more calls than may wait are refused, each with an answer")
    func tooMany() async throws {
        var settings = loopback.caller
        settings.references.handlersPerConnection = 1
        let client = try Client(settings: settings)
        let proxy = try client.dynamicProxy(server.uri)
        let handing = Task { try await proxy.remote.handOut(Fan(), as: (any Follower).self) }
        let end = try await server.accept()
        try await end.acceptConnect(asLantern: true)
        let id = try #require(try await handing.value.remoteURI?.object)
        try await end.send(try RawEnd.call("wait", [], object: id, sequence: 1))
        for number in 0...IncomingCallbacks.maximumParked {
            try await end.send(try RawEnd.call("news", ["x"], object: id, sequence: UInt16(number + 2)))
        }
        let reply = try #require(await end.next())
        #expect(Int(reply.sequence) == IncomingCallbacks.maximumParked + 2)
        #expect(try reply.exception().message.contains("too many callbacks") == true)
        #expect(proxy.remote.isConnected)
        await client.shutdown()
        await self.end()
    }

    @Test("a server that did not announce callbacks gets no object and may not call")
    func notAnnounced() async throws {
        let proxy = try loopback.client.dynamicProxy(server.uri)
        let connecting = Task { try await proxy.remote.connect() }
        let end = try await server.accept()
        try await end.acceptConnect(asLantern: false)
        try await connecting.value
        let error = await #expect(throws: LanternError.self) {
            try await proxy.remote.handOut(Fan(), as: (any Follower).self)
        }
        #expect(error?.code == .notSupported)
        #expect(error?.detail.contains("register the Follower with a Daemon") == true)
        try await end.send(try RawEnd.call("news", ["x"], object: "counter", sequence: 1))
        #expect(await end.next() == nil)
        #expect(!proxy.remote.isConnected)
        await self.end()
    }

    @Test("a server that calls and never reads its answers is left")
    func serverThatDoesNotRead() async throws {
        let (end, proxy, id) = try await handOut(Fan())
        try await end.channel.setOption(.autoRead, value: false).get()
        let line = Value.text(String(repeating: "x", count: 256 << 10))
        for number in 0..<400 {
            let frame = try RawEnd.call("news", [line], object: id, sequence: UInt16(number + 1))
            do { try await end.send(frame) } catch { break }
        }
        let isLeft = await eventually { !proxy.remote.isConnected }
        #expect(isLeft)
        await self.end()
    }

    // MARK: - Clients

    private func client(asLantern: Bool) async throws -> RawEnd {
        let end = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await end.send(
            try end.connectFrame(
                asLantern: asLantern,
                features: [.multiplexedCalls, .cancellation, .deadlines, .drainNotice, .callbacks]))
        try #require(await end.next()?.type == .connectOK)
        return end
    }

    @Test("an answer to a call that the server did not make ends the connection", arguments: [true, false])
    func surplusAnswer(asLantern: Bool) async throws {
        let end = try await client(asLantern: asLantern)
        try await end.send(
            Frame(
                version: .v502, type: .result, sequence: 1, serializer: .msgpack,
                payload: ByteBuffer(bytes: [0xc0])))
        #expect(await end.next() == nil)
        await self.end()
    }

    @Test("a client that announced no callbacks has no object on the connection")
    func referenceWithoutCallbacks() async throws {
        let uri = try await loopback.daemon.register(
            NewsService(), as: (any Press).self, id: "news")
        #expect(uri.object == "news")
        let end = try await client(asLantern: false)
        let value = RemoteReference.onConnection("callback.Follower.1").value(.v502)
        try await end.send(try RawEnd.call("ask", [value, "x"], object: "news", sequence: 1))
        let record = try await #require(end.next()).exception()
        #expect(record.message.contains("takes no callbacks") == true)
        await self.end()
    }

    @Test("a client that does not read keeps callers waiting, up to their deadlines, and no memory")
    func clientThatDoesNotRead() async throws {
        let press = NewsService()
        _ = try await loopback.daemon.register(press, as: (any Press).self, id: "press")
        let end = try await client(asLantern: true)
        let value = RemoteReference.onConnection("callback.Follower.1").value(.v502)
        try await end.send(RawEnd.call("subscribe", [value], object: "press", sequence: 1))
        try #require(await end.next()?.type == .result)
        let follower = try #require(await press.listeners.first)
        try await end.channel.setOption(.autoRead, value: false).get()
        let line = String(repeating: "x", count: 256 << 10)
        var sent = 0
        let error = await #expect(throws: LanternError.self) {
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .seconds(2))) {
                // One-way: nothing but the peer's reading holds them up.
                for _ in 0..<1_000 {
                    try await follower.flash(line)
                    sent += 1
                }
            }
        }
        #expect(error?.code == .timeout)
        #expect(sent < 1_000)
        // What waits goes on as soon as it reads again.
        try await end.channel.setOption(.autoRead, value: true).get()
        try await follower.flash("again")
        #expect(RemoteProxy.of(follower)?.isConnected == true)
        await self.end()
    }
}
