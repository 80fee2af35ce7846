import Lantern
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Errors over a connection.
@Suite(.timeLimit(.minutes(2)))
struct ErrorCallTests {
    @Test(
        "E1 E2: a thrown error arrives with type, message and the far side's traceback",
        arguments: SerializerFormat.allCases)
    func remoteError(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter(ProxyOptions(serializer: format))
        let error = try #require(
            await #expect(throws: RemoteError.self) { try await counter.fail(with: "lamp") })
        #expect(error.type == "builtins.KeyError")
        #expect(error.message == "'lamp'")
        #expect(error.arguments == ["lamp"])
        #expect(error.traceback.contains { $0.contains("counter.fail") })
        await #expect(throws: NothingLeft(item: "lamp")) { try await counter.empty(item: "lamp") }
        await loopback.close()
    }

    @Test("an error type that the client did not register is a remote error there")
    func unregistered() async throws {
        let loopback = try await Loopback()
        var settings = loopback.caller
        settings.errors = []
        let client = try Client(settings: settings)
        let counter = try client.proxy((any Counter).self, loopback.uri)
        let error = await #expect(throws: RemoteError.self) { try await counter.empty(item: "lamp") }
        #expect(error?.type == "lantern.NothingLeft")
        #expect(error?.message == "no lamp left")
        await loopback.close()
    }

    @Test(
        "a result that its serializer cannot write is an error of that call only",
        arguments: SerializerFormat.allCases)
    func unwritable(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let value: Value = format == .marshal ? .dateTime(0) : .complex(real: 1, imaginary: 2)
        let deep = (0..<500).reduce(Value.none) { inner, _ in .list([inner]) }
        let uri = try await loopback.daemon.register(
            dynamic: Lab([
                "odd": { _ in .value(value) }, "deep": { _ in .value(deep) }, "fine": { _ in .value(1) },
            ]),
            id: "lab")
        let lab = try loopback.client.dynamicProxy(uri.description, options: ProxyOptions(serializer: format))
        var failures = 0
        for method in ["odd", "deep"] {
            do {
                try await lab.call(method)
            } catch is RemoteError {
                failures += 1
            } catch let error as LanternError where error.code == .serialization {
                failures += 1
            }
        }
        #expect(failures > 0 || format == .serpent || format == .msgpack)
        #expect(try await lab.call("fine") == 1)
        await loopback.close()
    }

    @Test("an error whose arguments its serializer cannot write still arrives as an error")
    func unwritableError() async throws {
        let loopback = try await Loopback()
        let uri = try await loopback.daemon.register(
            dynamic: Lab([
                "fail": { _ in
                    throw RemoteError(
                        type: "builtins.ValueError",
                        arguments: [.dateTime(0), .complex(real: 1, imaginary: 1)])
                }
            ]), id: "lab")
        for format in SerializerFormat.allCases {
            let lab = try loopback.client.dynamicProxy(
                uri.description, options: ProxyOptions(serializer: format))
            await #expect(throws: RemoteError.self, "\(format)") { try await lab.call("fail") }
        }
        await loopback.close()
    }

    @Test("a result over the daemon's limit is answered by an error, and the connection stays")
    func tooLargeResult() async throws {
        let loopback = try await Loopback { $0.limits.messageSize = 32 << 10 }
        let uri = try await loopback.daemon.register(
            dynamic: Lab([
                "large": { _ in .value(.bytes([UInt8](repeating: 7, count: 64 << 10))) },
                "fine": { _ in .value(1) },
            ]), id: "lab")
        let lab = try loopback.client.dynamicProxy(uri.description)
        let error = await #expect(throws: RemoteError.self) { try await lab.call("large") }
        #expect(error?.message.contains("cannot be sent") == true)
        #expect(try await lab.call("fine") == 1)
        await loopback.close()
    }

    @Test("an answer over the client's limit ends the connection, not the proxy")
    func tooLargeForTheClient() async throws {
        let loopback = try await Loopback()
        let uri = try await loopback.daemon.register(
            dynamic: Lab([
                "large": { _ in .value(.bytes([UInt8](repeating: 7, count: 64 << 10))) },
                "fine": { _ in .value(1) },
            ]), id: "lab")
        var options = ProxyOptions()
        options.maximumMessage = 32 << 10
        let lab = try loopback.client.dynamicProxy(uri.description, options: options)
        let error = await #expect(throws: LanternError.self) { try await lab.call("large") }
        #expect(error?.code == .protocolViolation)
        #expect(try await lab.call("fine") == 1)
        await loopback.close()
    }

    @Test(
        "malformed calls are answered with an error, and the connection stays",
        arguments: SerializerFormat.allCases)
    func malformedCalls(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        var bodies: [[UInt8]] = [[], [0xFF], Array("garbage".utf8)]
        for value: Value in [.none, 5, .list([]), .tuple(["counter"]), .tuple([5, 5, 5, 5]), .map([])] {
            bodies.append(try encode(value, as: format))
        }
        for body in bodies {
            var frame = try RawEnd.call("add", [1], format: format)
            frame.payload = .init(bytes: body)
            try await peer.send(frame)
            _ = try #require(await peer.next()).exception()
        }
        for arguments: [Value] in [[], ["text"], [1, 2], [.none], [.bytes([1])]] {
            try await peer.send(RawEnd.call("add", arguments, format: format))
            _ = try #require(await peer.next()).exception()
        }
        try await peer.send(RawEnd.call("add", [1], format: format))
        #expect(try #require(await peer.next()).value() == 1)
        #expect(await loopback.service.total == 1)
        await peer.close()
        await loopback.close()
    }

    @Test("a call in a serializer that is not accepted ends the connection, a blob is refused")
    func notAccepted() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("add", [1], flags: .keepSerialized))
        #expect(try #require(await peer.next()).exception().message.contains("not accepted"))
        try await peer.send(RawEnd.call("add", [1]), serializer: 99)
        #expect(await peer.rest().isEmpty)
        #expect(await loopback.service.total == 0)
        await loopback.close()
    }
}
