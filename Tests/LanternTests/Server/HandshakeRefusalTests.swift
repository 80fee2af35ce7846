import Lantern
import LanternTLS
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Who must not get in, and what they are told.
@Suite(.timeLimit(.minutes(2)))
struct HandshakeRefusalTests {
    /// What the client's first call ends with.
    private func error(_ settings: Settings, _ uri: String, _ options: ProxyOptions? = nil) async
        -> LanternError?
    {
        do {
            let client = try Client(settings: settings)
            try await client.dynamicProxy(uri, options: options).call("notes")
            return nil
        } catch {
            return error as? LanternError
        }
    }

    private func key(_ algorithm: HandshakeAlgorithm = .ed25519, id: String = "intruder-1") throws
        -> HandshakeKey
    {
        try HandshakeKey.generate(id: id, algorithm: algorithm)
    }

    @Test(
        "a right certificate with a key that nobody authorised is refused",
        arguments: HandshakeAlgorithm.allCases)
    func unknownKey(algorithm: HandshakeAlgorithm) async throws {
        let loopback = try await Loopback(algorithm: algorithm)
        var settings = loopback.caller
        settings.keyring = Keyring(own: try key(algorithm), authorized: settings.keyring.authorized)
        let error = try #require(await error(settings, loopback.uri))
        #expect(error.code == .connectionRefused)
        #expect(!error.detail.contains("intruder"), "the far side says no more than no")
        await loopback.close()
    }

    @Test(
        "another secret under the id of an authorised key is refused", arguments: HandshakeAlgorithm.allCases)
    func wrongSecret(algorithm: HandshakeAlgorithm) async throws {
        let loopback = try await Loopback(algorithm: algorithm)
        var settings = loopback.caller
        let forged = try key(algorithm, id: settings.keyring.own.id)
        settings.keyring = Keyring(own: forged, authorized: settings.keyring.authorized)
        #expect(await error(settings, loopback.uri)?.code == .connectionRefused)
        await loopback.close()
    }

    @Test("the key of another identity is refused")
    func keyOfAnother() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client", "thief"])
        var server = try Settings.load(homes[0])
        server.listen.host = "127.0.0.1"
        server.policy = try PolicyTable(rules: [Loopback.allowAll])
        let daemon = try await Daemon(settings: server)
        let uri = try await daemon.register(CounterService(), as: (any Counter).self, id: "counter")
            .description
        var thief = try Settings.load(homes[2])
        #expect(await error(thief, uri) == nil)
        thief.keyring = Keyring(
            own: try HandshakeKey(contentsOf: homes[1].ownKeyFile), authorized: thief.keyring.authorized)
        #expect(await error(thief, uri)?.code == .connectionRefused)
        await daemon.shutdown()
    }

    @Test("a certificate of another authority does not get as far as the handshake")
    func otherAuthority() async throws {
        let loopback = try await Loopback()
        let other = try await Loopback()
        let error = try #require(await error(other.caller, loopback.uri))
        #expect(error.code == .authenticationFailed)
        #expect((error.cause as? TLSError)?.code == .unknownAuthority)
        await loopback.close()
        await other.close()
    }

    @Test("a client that expects somebody else does not even ask")
    func expectedIdentity() async throws {
        let loopback = try await Loopback()
        let wrong = ProxyOptions(expectedIdentity: "spiffe://lantern.test/bank")
        let error = try #require(await error(loopback.caller, loopback.uri, wrong))
        #expect(error.code == .authenticationFailed)
        #expect((error.cause as? TLSError)?.code == .wrongIdentity)
        for right in ["spiffe://lantern.test/server", "spiffe://lantern.test/*"] {
            #expect(
                await self.error(loopback.caller, loopback.uri, ProxyOptions(expectedIdentity: right)) == nil)
        }
        await loopback.close()
    }

    @Test("a server whose key the client does not know is refused by the client")
    func unknownServer() async throws {
        let loopback = try await Loopback()
        var settings = loopback.caller
        settings.keyring = Keyring(own: settings.keyring.own, authorized: [])
        #expect(await error(settings, loopback.uri)?.code == .authenticationFailed)
        await loopback.close()
    }

    @Test(
        "what is no handshake is refused in the serializer that it came in",
        arguments: SerializerFormat.allCases)
    func garbage(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let good = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await good.send(good.connectFrame(format: format))
        #expect(await good.next()?.type == .connectOK)
        await good.close()
        var bodies: [[UInt8]] = [[], [0xFF, 0x00, 0xFF], Array("hello".utf8)]
        for value: Value in [
            .none, 1, "text", .list([]), .map([]),
            .map([ValuePair("handshake", "hello"), ValuePair("object", "counter")]),
            .map([ValuePair("handshake", .map([])), ValuePair("object", "counter")]),
            .map([ValuePair("handshake", .map([ValuePair("lantern", 1)])), ValuePair("object", 5)]),
        ] { bodies.append(try encode(value, as: format)) }
        for body in bodies {
            let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
            try await peer.send(
                Frame(
                    version: .v502, type: .connect, serializer: format.wire, payload: ByteBuffer(bytes: body))
            )
            let answers = await peer.rest()
            #expect(answers.map(\.type) == [.connectFail], "\(body)")
            #expect(answers.first?.serializer == format.wire)
            #expect(try answers.first?.value().textValue?.isEmpty == false)
        }
        await loopback.close()
    }

    @Test("an unknown serializer at CONNECT is refused")
    func unknownSerializer() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.send(peer.connectFrame(), serializer: 99)
        #expect(await peer.rest().map(\.type) == [.connectFail])
        await loopback.close()
    }

    @Test("a proof for one object does not open another, and none opens twice")
    func proofIsBound() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        let right = try peer.connectFrame(object: "counter")
        let request = try HandshakeMessage.Request(reading: Array(buffer: right.payload), format: .msgpack)
        let body = try HandshakeMessage.Request(proof: request.proof, object: "Pyro.Daemon").encoded(
            as: .msgpack)
        var wrong = right
        wrong.payload = ByteBuffer(bytes: body)
        try await peer.send(wrong)
        #expect(await peer.rest().map(\.type) == [.connectFail])
        // Stolen from that connection it is worth nothing on another.
        let other = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await other.send(right)
        #expect(await other.rest().map(\.type) == [.connectFail])
        await loopback.close()
    }

    @Test(
        "before CONNECT nothing else is answered",
        arguments: [MessageType.invoke, .ping, .result, .connectOK])
    func beforeConnect(type: MessageType) async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        var frame = try RawEnd.call("add", [1])
        frame.type = type
        try await peer.send(frame)
        #expect(await peer.rest().map(\.type) == [.connectFail])
        #expect(await loopback.service.total == 0)
        await loopback.close()
    }

    @Test("a call in the same packet as a refused CONNECT is not run")
    func pipelined() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        let stranger = try Authenticator(keyring: Keyring(own: key(), authorized: []))
        try await peer.send(peer.connectFrame(authenticator: stranger), RawEnd.call("add", [1]))
        #expect(await peer.rest().map(\.type) == [.connectFail])
        #expect(await loopback.service.total == 0)
        await loopback.close()
    }

    @Test("CONNECT a second time ends the connection")
    func connectTwice() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(peer.connectFrame())
        #expect(await peer.rest().isEmpty)
        await loopback.close()
    }

    @Test("Lantern's own messages are refused from peers that did not announce themselves")
    func extensionsUnannounced() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(.cancel(sequence: 1, version: .v502))
        #expect(await peer.rest().isEmpty)
        await loopback.close()
    }

    @Test("before the handshake a message of 16 KiB is too large, after it one of the limit")
    func tooLarge() async throws {
        let loopback = try await Loopback { $0.limits.messageSize = 64 << 10 }
        for size in [(16 << 10) + 1, 1 << 30] {
            let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
            var bytes = ByteBuffer()
            var frame = try peer.connectFrame()
            frame.payload = ByteBuffer(repeating: 0x20, count: min(size, 20 << 10))
            try FrameEncoder.encode(frame, into: &bytes)
            bytes.setInteger(UInt32(size), at: 12)
            try await peer.send(bytes: Array(buffer: bytes.getSlice(at: 0, length: 40)!))
            let answers = await peer.rest()
            #expect(answers.map(\.type) == [.connectFail], "\(size)")
        }
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("echo", [.bytes([UInt8](repeating: 1, count: 40 << 10))]))
        #expect(await peer.next()?.flags.contains(.exception) == false)
        var large = ByteBuffer()
        try FrameEncoder.encode(
            RawEnd.call("echo", [.bytes([UInt8](repeating: 1, count: 65 << 10))]), into: &large)
        try? await peer.send(bytes: Array(buffer: large))
        #expect(await peer.rest().isEmpty)
        await loopback.close()
    }

    @Test("bytes that are no message are answered before the handshake and end all after it")
    func noMessage() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.send(bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(await peer.rest().map(\.type) == [.connectFail])
        let other = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await other.authenticate()
        try await other.send(bytes: [UInt8](repeating: 0x41, count: 64))
        #expect(await other.rest().isEmpty)
        await loopback.close()
    }

    @Test("who does not finish the handshake in time is put out")
    func tooSlow() async throws {
        let loopback = try await Loopback { $0.limits.handshakeTimeout = .milliseconds(200) }
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        #expect(await peer.rest().isEmpty)
        await loopback.close()
    }

}
