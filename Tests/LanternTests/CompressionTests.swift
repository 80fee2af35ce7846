import Lantern
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Messages that travel compressed because a setting says so.
@Suite(.timeLimit(.minutes(2)))
struct CompressionTests {
    static let text = Value.text(String(repeating: "lantern ", count: 1_000))

    @Test("D17 compression: results that get smaller travel compressed", arguments: WireVersion.allCases)
    func answers(version: WireVersion) async throws {
        let loopback = try await Loopback { $0.compressesAnswers = true }
        try await loopback.daemon.register(
            dynamic: Lab([
                "echo": { .value($0.positional.first ?? .none) },
                "fail": { _ in
                    throw RemoteError(type: "builtins.ValueError", arguments: [Self.text])
                },
            ]), id: "lab")
        let end = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await end.send(end.connectFrame(object: "lab", version: version))
        #expect(await end.next()?.type == .connectOK)
        func ask(_ method: String, _ value: Value) async throws -> Frame {
            try await end.send(RawEnd.call(method, [value], object: "lab", version: version))
            return try #require(await end.next())
        }
        let long = try await ask("echo", Self.text)
        #expect(long.flags.contains(.compressed))
        #expect(try long.value() == Self.text)
        let short = try await ask("echo", "short")
        #expect(!short.flags.contains(.compressed))
        #expect(try short.value() == "short")
        let noise = Value.bytes((0..<1_000).map { _ in UInt8.random(in: .min ... .max) })
        let incompressible = try await ask("echo", noise)
        #expect(!incompressible.flags.contains(.compressed))
        #expect(try incompressible.value() == noise)
        let failure = try await ask("fail", .none)
        #expect(failure.flags.contains(.exception) && !failure.flags.contains(.compressed))
        // So much smaller that it would look like an attack: it travels as it is.
        let zeros = Value.bytes([UInt8](repeating: 0, count: 1 << 20))
        let flat = try await ask("echo", zeros)
        #expect(!flat.flags.contains(.compressed))
        #expect(try flat.value() == zeros)
        await end.close()
        await loopback.close()
    }

    @Test("D17 compression: calls that get smaller travel compressed", arguments: PyroGeneration.allCases)
    func calls(generation: PyroGeneration) async throws {
        let loopback = try await Loopback()
        let server = try await ScriptedServer(loopback.server)
        var options = ProxyOptions(generation: generation)
        options.compression = true
        let proxy = try loopback.client.dynamicProxy(server.uri, options: options)
        for (argument, isCompressed) in [(Self.text, true), ("short", false)] {
            let calling = Task { try await proxy.call("add", argument) }
            let end = try await server.accept()
            try await end.acceptConnect()
            let call = try #require(await end.next())
            #expect(call.flags.contains(.compressed) == isCompressed)
            let envelope = try CallEnvelope(reading: Array(buffer: call.payload), format: .msgpack)
            #expect(envelope.method == "add")
            try await end.answer(call, 1)
            #expect(try await calling.value == 1)
            proxy.remote.close()
            #expect(await end.rest().isEmpty)
        }
        await server.close()
        await loopback.close()
    }

    @Test("D17 compression: both ways, in every serializer", arguments: SerializerFormat.allCases)
    func bothWays(format: SerializerFormat) async throws {
        let loopback = try await Loopback { $0.compressesAnswers = true }
        try await loopback.daemon.register(
            dynamic: Lab(["echo": { .value($0.positional.first ?? .none) }]), id: "lab")
        var options = ProxyOptions(serializer: format)
        options.compression = true
        let proxy = try loopback.client.dynamicProxy(
            "PYRO:lab@127.0.0.1:\(loopback.daemon.port)", options: options)
        #expect(try await proxy.call("echo", Self.text) == Self.text)
        var batch = proxy.batch()
        for _ in 0..<3 { batch.add("echo", Self.text) }
        #expect(try await batch.run().map { try $0.get() } == [Self.text, Self.text, Self.text])
        await loopback.close()
    }

    @Test("compression is off unless a setting says otherwise")
    func offByDefault() async throws {
        let loopback = try await Loopback()
        #expect(!loopback.server.compressesAnswers && !loopback.caller.proxies.compression)
        let end = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await end.authenticate()
        try await end.send(RawEnd.call("describe", [Self.text, 1]))
        #expect(try #require(await end.next()).flags == [])
        await end.close()
        await loopback.close()
    }
}
