import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// What single objects accept.
@Suite(.timeLimit(.minutes(2)))
struct ObjectOptionsTests {
    @Test("D8 an object takes calls in its own serializers only; the connection stays")
    func serializers() async throws {
        let loopback = try await Loopback(options: ObjectOptions(serializers: [.msgpack, .json]))
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        for format in [SerializerFormat.serpent, .marshal] {
            try await peer.send(RawEnd.call("add", [1], format: format))
            let record = try #require(await peer.next()).exception()
            #expect(record.className == "Pyro5.errors.SerializeError")
            #expect(record.message.contains(format.rawValue))
        }
        for format in [SerializerFormat.msgpack, .json] {
            try await peer.send(RawEnd.call("add", [1], format: format))
            _ = try #require(await peer.next()).value()
        }
        #expect(await loopback.service.total == 2)
        // Who may not call it does not learn what it takes.
        try await peer.send(RawEnd.call("nothing", [1], format: .serpent))
        #expect(try #require(await peer.next()).exception().className == "builtins.AttributeError")
        await peer.close()
        await loopback.close()
    }

    @Test("D18 an object has a limit of its own for calls and results; equal is allowed")
    func sizes() async throws {
        let loopback = try await Loopback(options: ObjectOptions(maximumMessage: 10_000))
        let dynamic = try loopback.dynamic()
        let body = try CallWriter.body(
            format: .msgpack, object: "counter", method: "echo",
            data: [.bytes([UInt8](repeating: 1, count: 1_000))])
        let overhead = body.count - 1_000
        let fits = 10_000 - overhead
        let bytes = Value.bytes([UInt8](repeating: 1, count: fits))
        #expect(try await dynamic.call("echo", bytes) == bytes)
        let error = await #expect(throws: RemoteError.self) {
            try await dynamic.call("echo", .bytes([UInt8](repeating: 1, count: fits + 1)))
        }
        #expect(error?.type == "Pyro5.errors.ProtocolError")
        #expect(error?.message == "message too large (10001, max=10000)")
        #expect(try await dynamic.call("add", 1) == 1)
        await loopback.close()
    }

    @Test("D18 a result over the object's limit is an error at the caller")
    func results() async throws {
        let loopback = try await Loopback()
        let lab = Lab([
            "give": { .value(.bytes([UInt8](repeating: 1, count: $0.positional.first?.intValue ?? 0))) }
        ])
        let uri = try await loopback.daemon.register(
            dynamic: lab, id: "lab", options: ObjectOptions(maximumMessage: 2_000))
        let proxy = try loopback.client.dynamicProxy(uri.description)
        // Three bytes say how many follow.
        #expect(try await proxy.call("give", 1_997).bytesValue?.count == 1_997)
        let error = await #expect(throws: RemoteError.self) { try await proxy.call("give", 1_998) }
        #expect(error?.type == "Pyro5.errors.ProtocolError")
        var batch = proxy.batch()
        for _ in 0..<3 { batch.add("give", 900) }
        await #expect(throws: RemoteError.self) { try await batch.run() }
        #expect(try await proxy.call("give", 1).bytesValue?.count == 1)
        await loopback.close()
    }
}
