import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// How a proxy finds out which generation a daemon speaks.
@Suite(.timeLimit(.minutes(2)))
struct GenerationTests {
    let loopback: Loopback
    let server: ScriptedServer

    init() async throws {
        loopback = try await Loopback()
        server = try await ScriptedServer(loopback.server)
    }

    private func proxy(_ generation: PyroGeneration? = nil) throws -> DynamicProxy {
        try loopback.client.dynamicProxy(server.uri, options: ProxyOptions(generation: generation))
    }

    private func end() async {
        await server.close()
        await loopback.close()
    }

    /// What a daemon of the other generation says to a CONNECT that it cannot read.
    private func refuse(_ end: RawEnd, as version: WireVersion) async throws {
        let payload = try encode("invalid data or unsupported protocol version", as: .marshal)
        try await end.send(
            Frame(
                version: version, type: .connectFail, serializer: .marshal,
                payload: ByteBuffer(bytes: payload)
            ))
        await end.close()
    }

    /// Takes the next connection, whose CONNECT must be of this version, and answers one call on it.
    private func serve(_ version: WireVersion) async throws -> RawEnd {
        let end = try await server.accept()
        let connect = try #require(await end.next())
        #expect(connect.version == version)
        #expect(connect.flags.contains(.metaOnConnect) == (version == .v48))
        try await end.send(end.answer(connect: connect).frame)
        let call = try #require(await end.next())
        #expect(call.version == version)
        try await end.answer(call, 1)
        return end
    }

    @Test("J10 protocol version check: a daemon that speaks Pyro4 only is called as Pyro4, then at once")
    func fallsBack() async throws {
        let first = try proxy()
        let call = Task { try await first.call("add", 1) }
        let refused = try await server.accept()
        #expect(await refused.next()?.version == .v502)
        try await refuse(refused, as: .v48)
        let end = try await serve(.v48)
        #expect(try await call.value == 1)
        #expect(try await first.remote.generation() == .pyro4)
        // Another proxy of this client knows by now.
        let second = try proxy()
        let again = Task { try await second.call("add", 1) }
        _ = try await serve(.v48)
        #expect(try await again.value == 1)
        // The place speaks Pyro5 one day: found out the same way.
        await end.close()
        first.remote.close()
        let third = Task { try await first.call("add", 1) }
        let wrong = try await server.accept()
        #expect(await wrong.next()?.version == .v48)
        try await refuse(wrong, as: .v502)
        _ = try await serve(.v502)
        #expect(try await third.value == 1)
        #expect(try await first.remote.generation() == .pyro5)
        await self.end()
    }

    @Test("a daemon that refuses both generations is asked twice, not for ever")
    func refusesBoth() async throws {
        let proxy = try proxy()
        let call = Task { try await proxy.call("add", 1) }
        for version in [WireVersion.v48, .v502] {
            let end = try await server.accept()
            _ = await end.next()
            try await refuse(end, as: version)
        }
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.code == .connectionRefused)
        await self.end()
    }

    @Test(
        "a generation that was chosen is not changed",
        arguments: [(PyroGeneration.pyro5, WireVersion.v48), (.pyro4, .v502)])
    func chosen(generation: PyroGeneration, answer: WireVersion) async throws {
        let proxy = try proxy(generation)
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        #expect(await end.next()?.version == generation.wire)
        try await refuse(end, as: answer)
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.code == .connectionRefused)
        #expect(error?.detail.contains("does not speak \(generation)") == true)
        await self.end()
    }

    @Test("a refusal in the generation that was spoken is no reason to try the other one")
    func plainRefusal() async throws {
        let proxy = try proxy()
        let call = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        _ = await end.next()
        try await refuse(end, as: .v502)
        let error = await #expect(throws: LanternError.self) { try await call.value }
        #expect(error?.detail.contains("unsupported protocol version") == true)
        await self.end()
    }

    @Test("Lantern peers understand each other in both generations", arguments: PyroGeneration.allCases)
    func lanternPeers(generation: PyroGeneration) async throws {
        let counter = try loopback.counter(ProxyOptions(generation: generation))
        #expect(try await counter.add(2) == 2)
        var numbers: [Int] = []
        for try await number in try await counter.numbers(upTo: 200) { numbers.append(number) }
        #expect(numbers == Array(0..<200))
        await #expect(throws: NothingLeft(item: "lamp")) { try await counter.empty(item: "lamp") }
        // Many calls at once, and a cancellation that arrives.
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await counter.add(1) } }
            try await group.waitForAll()
        }
        let waiting = Task { try await counter.wait() }
        try await loopback.gate.wait("waiting")
        waiting.cancel()
        await #expect(throws: (any Error).self) { try await waiting.value }
        try await loopback.gate.wait("cancelled")
        #expect(try await counter.total == 52)
        await self.end()
    }
}
