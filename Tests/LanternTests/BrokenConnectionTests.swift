import Lantern
import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A whole conversation (CONNECT, call, answers), cut at every byte: both ends notice, nothing hangs, nothing is left,
/// and a call runs only when all of it arrived.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct BrokenConnectionTests {
    /// The older generation goes without the way that lies between the other two.
    static let ways: [(PyroGeneration, Cut)] = [
        (.pyro5, .goodbye), (.pyro5, .finish), (.pyro5, .reset), (.pyro4, .goodbye), (.pyro4, .reset),
    ]

    @Test(
        "F6 broken connection: a caller that is cut off at any byte leaves a daemon that serves the next",
        arguments: BrokenConnectionTests.ways)
    func callerCutOff(generation: PyroGeneration, cut: Cut) async throws {
        // A handler or connection that stayed would use these up, or hold up the end.
        let loopback = try await Loopback(logLevel: .critical) {
            $0.limits.handlers = 16
            $0.limits.connections = 100
            $0.limits.drainTimeout = .seconds(100)
        }
        let tls = try loopback.caller.tlsContext()
        let authenticator = try loopback.caller.authenticator()
        let port = loopback.daemon.port
        let version = generation.wire

        @Sendable func conversation(of end: RawEnd) throws -> (bytes: ByteBuffer, connect: Int) {
            let connect = try end.connectFrame(version: version)
            let call = try RawEnd.call("add", [1], version: version)
            return (try RawEnd.bytes(connect, call), try RawEnd.bytes(connect).readableBytes)
        }
        let first = try await RawEnd.connect(tls, authenticator, port: port)
        let length = try conversation(of: first).bytes.readableBytes
        await first.close()

        try await forEach(0...length) { offset in
            let end = try await RawEnd.connect(tls, authenticator, port: port)
            let said = try conversation(of: end)
            #expect(said.bytes.readableBytes == length)
            try await end.send(said.bytes, upTo: offset, then: cut)
            let answers = await end.rest().map(\.type)
            // Whether an answer still gets out is a matter of time; what was not asked whole is never answered.
            let possible: [MessageType] =
                offset < said.connect ? [] : offset < length ? [.connectOK] : [.connectOK, .result]
            #expect(possible.starts(with: answers), "offset \(offset): \(answers)")
        }
        // The one whole call may have been cancelled by the end of its connection; no other may have run.
        #expect(await loopback.service.total <= 1)
        #expect(try await loopback.counter().describe(name: "next", times: 1) == "next x1")
        let time = await ContinuousClock().measure { await loopback.close() }
        #expect(time < .seconds(20), "a connection stayed")
        #expect(loopback.daemon.core.streams.count == 0)
    }

    @Test(
        "F6 broken connection: a proxy that is cut off at any byte says so, and its next call connects again",
        arguments: BrokenConnectionTests.ways)
    func serverCutOff(generation: PyroGeneration, cut: Cut) async throws {
        let loopback = try await Loopback()
        let server = try await ScriptedServer(loopback.server)
        var options = ProxyOptions(generation: generation)
        options.timeout = .seconds(30)
        let length = try await answersLength(server, loopback.client, options)
        let accepting = Task { try await Self.serve(server, cut, length) }

        try await forEach(0...length) { [client = loopback.client, options] offset in
            let proxy = try client.dynamicProxy(
                server.uri.replacing("counter", with: "\(offset)"), options: options)
            let clock = ContinuousClock()
            let start = clock.now
            do {
                let value = try await proxy.call("add", 1)
                #expect(value == 7 && offset == length)
            } catch let error as LanternError {
                // An end right after TLS, and without a goodbye, looks like a certificate that was refused.
                let mayLookRefused = cut == .reset || cut == .finish && offset == 0
                #expect(
                    error.code == .connectionLost || mayLookRefused && error.code == .authenticationFailed,
                    "offset \(offset): \(error)")
                #expect(offset < length || cut == .reset)
            }
            #expect(start.duration(to: clock.now) < .seconds(20), "offset \(offset)")
            proxy.remote.close()
        }
        try await accepting.value
        let next = try loopback.dynamic(options)
        #expect(try await next.call("describe", "next", 1) == "next x1")
        await server.close()
        await loopback.close()
    }

    /// How many bytes the answers to CONNECT and to the call have.
    private func answersLength(
        _ server: ScriptedServer, _ client: Client, _ options: ProxyOptions
    ) async throws -> Int {
        let proxy = try client.dynamicProxy(server.uri, options: options)
        let calling = Task { try await proxy.call("add", 1) }
        let end = try await server.accept()
        let accepted = try end.answer(connect: #require(await end.next())).frame
        try await end.send(accepted)
        let result = try RawEnd.result(of: #require(await end.next()), 7)
        try await end.send(result)
        #expect(try await calling.value == 7)
        proxy.remote.close()
        #expect(await end.rest().isEmpty)
        return try RawEnd.bytes(accepted, result).readableBytes
    }

    /// Answers each connection up to the byte that the object's name says; ends when all were there.
    private static func serve(_ server: ScriptedServer, _ cut: Cut, _ length: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0...length {
                let end = try await server.accept()
                group.addTask {
                    let (accepted, object) = try end.answer(connect: #require(await end.next()))
                    let offset = try #require(Int(object))
                    let first = try RawEnd.bytes(accepted)
                    if offset < first.readableBytes {
                        try await end.send(first, upTo: offset, then: cut)
                    } else {
                        try await end.send(accepted)
                        let result = try RawEnd.result(of: #require(await end.next()), 7)
                        try await end.send(
                            RawEnd.bytes(result), upTo: offset - first.readableBytes, then: cut)
                    }
                    // The proxy lets go of its end too.
                    #expect(await end.rest().isEmpty)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("F6 broken connection: a TLS greeting cut at any byte leaves nothing behind")
    func greetingCutOff() async throws {
        let loopback = try await Loopback(logLevel: .critical) { $0.limits.drainTimeout = .seconds(100) }
        let greeting = try await Self.greeting(loopback.client)
        try #require(greeting.readableBytes > 100)
        let port = loopback.daemon.port
        try await forEach(0..<greeting.readableBytes) { offset in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: false)
                .connect(host: "127.0.0.1", port: port).get()
            if let prefix = greeting.getSlice(at: greeting.readerIndex, length: offset) {
                try await channel.writeAndFlush(prefix).get()
            }
            if offset.isMultiple(of: 2), let options = channel as? any SocketOptionProvider {
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            }
            try await channel.close().get()
        }
        #expect(try await loopback.counter().add(1) == 1)
        let time = await ContinuousClock().measure { await loopback.close() }
        #expect(time < .seconds(20), "a connection stayed")
    }

    /// What a client says first.
    private static func greeting(_ client: Client) async throws -> ByteBuffer {
        let heard = Inbox<ByteBuffer>()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FirstBytesHandler(heard))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = try client.dynamicProxy("PYRO:any@127.0.0.1:\(listener.localAddress?.port ?? 0)")
        let calling = Task { try await proxy.call("any") }
        let greeting = try #require(await heard.next())
        await #expect(throws: LanternError.self) { try await calling.value }
        try await listener.close().get()
        return greeting
    }
}

/// Tells the first bytes of a connection and ends it.
private final class FirstBytesHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let heard: Inbox<ByteBuffer>

    init(_ heard: Inbox<ByteBuffer>) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.put(unwrapInboundIn(data))
        context.close(promise: nil)
    }
}
