import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// What a client makes of servers that do not do as they should.
@Suite(.timeLimit(.minutes(2)))
struct ScriptedServerTests {
    let loopback: Loopback
    let server: ScriptedServer
    let client: Client

    init() async throws {
        loopback = try await Loopback()
        server = try await ScriptedServer(loopback.server)
        client = loopback.client
    }

    private func proxy(_ adjust: (inout ProxyOptions) -> Void = { _ in }) throws -> DynamicProxy {
        var options = ProxyOptions()
        options.timeout = .seconds(20)
        adjust(&options)
        return try client.dynamicProxy(server.uri, options: options)
    }

    /// A connection that is open at both ends.
    private func open(_ proxy: DynamicProxy, asLantern: Bool = false) async throws -> RawEnd {
        let connecting = Task { try await proxy.remote.connect() }
        let end = try await server.accept()
        try await end.acceptConnect(asLantern: asLantern)
        try await connecting.value
        return end
    }

    /// A call that gives up soon.
    private func shortCall(_ proxy: DynamicProxy) -> Task<Value, any Error> {
        Task {
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .seconds(1))) {
                try await proxy.call("add", 1)
            }
        }
    }

    private func end() async {
        await server.close()
        await loopback.close()
    }

    private func code(_ task: Task<Value, any Error>) async -> LanternError.Code? {
        do { _ = try await task.value } catch let error as LanternError { return error.code } catch {}
        return nil
    }

    @Test("a server that does not prove itself is refused", arguments: [true, false])
    func noProof(sendsOurs: Bool) async throws {
        let proxy = try proxy()
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        if sendsOurs {
            try await end.acceptConnect(prove: false)
        } else {
            let frame = try #require(await end.next())
            let body = try encode(
                .map([ValuePair("handshake", "hello"), ValuePair("meta", .map([]))]), as: .msgpack)
            try await end.send(
                Frame(
                    version: .v502, type: .connectOK, serializer: frame.serializer,
                    payload: ByteBuffer(bytes: body)))
        }
        #expect(await code(call) == .authenticationFailed)
        #expect(await end.rest().isEmpty, "no call went there")
        await self.end()
    }

    @Test("a refusal is told in the server's words, cut to size")
    func refusal() async throws {
        let proxy = try proxy()
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        _ = await end.next()
        let text = String(repeating: "no ", count: 2_000)
        try await end.send(
            Frame(
                version: .v502, type: .connectFail, serializer: WireSerializer.serpent,
                payload: ByteBuffer(bytes: encode(.text(text), as: .serpent))))
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.code == .connectionRefused)
        #expect(error.map { $0.detail.utf8.count < 1_000 } == true)
        await self.end()
    }

    @Test("garbage in place of an answer ends the connection and the call")
    func garbage() async throws {
        let proxy = try proxy()
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        try await end.acceptConnect()
        _ = await end.next()
        try await end.send(bytes: [UInt8](repeating: 0x41, count: 100))
        #expect(await code(call) == .protocolViolation)
        await self.end()
    }

    @Test("an answer to a call that was never made ends the connection")
    func wrongSequence() async throws {
        let proxy = try proxy()
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        try await end.acceptConnect(asLantern: true)
        var frame = try #require(await end.next())
        frame.sequence &+= 77
        try await end.answer(frame, 1)
        #expect(await code(call) == .protocolViolation)
        await self.end()
    }

    @Test("a payload that cannot be read is an error of that call only")
    func unreadableResult() async throws {
        let proxy = try proxy()
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        try await end.acceptConnect()
        var frame = try #require(await end.next())
        frame.type = .result
        frame.payload = ByteBuffer(bytes: [0xC1, 0xC1])
        try await end.send(frame)
        #expect(await code(call) == .serialization)
        let again = Task { try await proxy.call("add", 2) }
        try await end.answer(try #require(await end.next()), 2)
        #expect(try await again.value == 2)
        await self.end()
    }

    @Test("towards a Pyro peer calls go one after the other")
    func pyroOrder() async throws {
        let proxy = try proxy()
        let tasks = (0..<3).map { number in Task { try await proxy.call("add", .int(Int64(number))) } }
        let end = try await server.accept()
        try await end.acceptConnect()
        for number in 0..<3 {
            let frame = try #require(await end.next())
            let envelope = try CallEnvelope(reading: Array(buffer: frame.payload), format: .msgpack)
            #expect(envelope.method == "add")
            try await end.answer(frame, .int(Int64(number)))
        }
        var results: Set<Int> = []
        for task in tasks { results.insert(try await task.value.intValue ?? -1) }
        #expect(results == [0, 1, 2])
        await self.end()
    }

    @Test("a Pyro server that never answers is left, and the calls in line go to a new connection")
    func pyroNeverAnswers() async throws {
        let proxy = try proxy()
        let first = try await open(proxy)
        let stuck = shortCall(proxy)
        _ = await first.next()
        let waiting = Task { try await proxy.call("add", 2) }
        #expect(await code(stuck) == .timeout)
        let second = try await server.accept()
        try await second.acceptConnect()
        try await second.answer(try #require(await second.next()), 2)
        #expect(try await waiting.value == 2)
        #expect(await first.rest().isEmpty)
        await self.end()
    }

    @Test("a Lantern server that says nothing at all is left after a ping")
    func silentNetwork() async throws {
        let proxy = try proxy { $0.connectTimeout = .seconds(4) }
        let first = try await open(proxy, asLantern: true)
        let stuck = shortCall(proxy)
        #expect(await code(stuck) == .timeout)
        let told = await first.rest().map(\.type)
        #expect(told == [.invoke, .ping, .cancel])
        let again = Task { try await proxy.call("add", 2) }
        let second = try await server.accept()
        try await second.acceptConnect()
        try await second.answer(try #require(await second.next()), 2)
        #expect(try await again.value == 2)
        await self.end()
    }

    @Test("a Lantern server with a slow handler answers the ping and is kept")
    func slowHandler() async throws {
        let proxy = try proxy()
        let end = try await open(proxy, asLantern: true)
        let stuck = shortCall(proxy)
        let slow = try #require(await end.next())
        #expect(await code(stuck) == .timeout)
        let ping = try #require(await end.next())
        #expect(ping.type == .ping)
        try await end.send(ping)
        #expect(await end.next()?.type == .cancel)
        let again = Task { try await proxy.call("add", 2) }
        let frame = try #require(await end.next())
        #expect(frame.sequence != slow.sequence)
        try await end.answer(slow, 1)
        try await end.answer(frame, 2)
        #expect(try await again.value == 2)
        await self.end()
    }

    @Test("F5: a call whose connection is lost is repeated only when asked", arguments: [0, 2])
    func retries(retries: Int) async throws {
        let proxy = try proxy { $0.retries = retries }
        let call = Task { try await proxy.call("add", 1) }
        for _ in 0..<retries {
            let lost = try await server.accept()
            try await lost.acceptConnect()
            _ = await lost.next()
            await lost.close()
        }
        let last = try await server.accept()
        try await last.acceptConnect()
        let frame = try #require(await last.next())
        if retries > 0 {
            try await last.answer(frame, 1)
            #expect(try await call.value == 1)
        } else {
            await last.close()
            #expect(await code(call) == .connectionLost)
        }
        await self.end()
    }

    @Test("an error that the method threw is not repeated")
    func errorsAreNotRepeated() async throws {
        let proxy = try loopback.dynamic(ProxyOptions(retries: 5))
        let meter = Meter()
        try await loopback.daemon.register(
            dynamic: Lab([
                "fail": { _ in
                    meter.enter()
                    throw RemoteError(type: "builtins.ValueError", message: "no")
                }
            ]), id: "lab")
        let lab = try client.dynamicProxy(
            "PYRO:lab@\(loopback.daemon.location)", options: proxy.remote.options)
        await #expect(throws: RemoteError.self) { try await lab.call("fail") }
        #expect(meter.total == 1)
        await self.end()
    }

    @Test("a call gives up while the connection is still being made, and does not spoil it for others")
    func givesUpConnecting() async throws {
        let proxy = try proxy()
        let patient = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        let hasty = Task {
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .milliseconds(50))) {
                try await proxy.call("add", 2)
            }
        }
        #expect(await code(hasty) == .timeout)
        let cancelled = Task { try await proxy.call("add", 3) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        try await end.acceptConnect()
        try await end.answer(try #require(await end.next()), 1)
        #expect(try await patient.value == 1)
        await self.end()
    }

    @Test("a connection that opens after its proxy was dropped is closed")
    func droppedWhileConnecting() async throws {
        var proxy: DynamicProxy? = try proxy()
        let task = Task { [proxy] in
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .milliseconds(50))) {
                _ = try await proxy?.call("add", 1)
            }
        }
        proxy = nil
        let end = try await server.accept()
        await #expect(throws: LanternError.self) { try await task.value }
        try await end.acceptConnect()
        #expect(await end.rest().isEmpty)
        await self.end()
    }

    @Test("D18: a request over the limit stays here, and the connection is kept")
    func tooLargeRequest() async throws {
        let proxy = try loopback.dynamic(
            {
                var options = ProxyOptions()
                options.maximumMessage = 64 << 10
                return options
            }())
        let error = await #expect(throws: LanternError.self) {
            try await proxy.call("echo", .bytes([UInt8](repeating: 1, count: 128 << 10)))
        }
        #expect(error?.code == .serialization)
        #expect(try await proxy.call("add", 1) == 1)
        await self.end()
    }
}
