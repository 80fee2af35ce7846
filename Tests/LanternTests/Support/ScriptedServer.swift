import Lantern
import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import NIOPosix
import Testing

/// A server that a test plays by hand: it does TLS as the daemon would and then says what it is told.
struct ScriptedServer: Sendable {
    let listener: any Channel
    let accepted = Inbox<(any Channel, Inbox<RawEvent>)>()
    let settings: Settings
    var uri: String { "PYRO:counter@127.0.0.1:\(listener.localAddress?.port ?? 0)" }

    init(_ settings: Settings) async throws {
        self.settings = settings
        let tls = try settings.tlsContext()
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [accepted] channel in
                channel.eventLoop.makeCompletedFuture {
                    let inbox = Inbox<RawEvent>()
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler.server(context: tls, peerDescription: "the caller"), FrameHandler(inbox),
                    ])
                    accepted.put((channel, inbox))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func accept() async throws -> RawEnd {
        let (channel, inbox) = try #require(await accepted.next())
        return try await RawEnd(channel: channel, inbox: inbox, authenticator: settings.authenticator())
    }

    func close() async { try? await listener.close().get() }
}

extension RawEnd {
    /// Answers a client's CONNECT as a daemon does.
    func acceptConnect(asLantern: Bool = false, prove: Bool = true) async throws {
        let frame = try #require(await next())
        try await send(answer(connect: frame, asLantern: asLantern, prove: prove).frame)
    }

    /// The answer to a CONNECT, and the object that it names.
    func answer(
        connect frame: Frame, asLantern: Bool = false, prove: Bool = true
    ) throws -> (frame: Frame, object: String) {
        try #require(frame.type == .connect)
        let format = try #require(frame.serializer.format)
        let request = try HandshakeMessage.Request(reading: Array(buffer: frame.payload), format: format)
        let version = frame.version.rawValue
        let caller = try authenticator.acceptClient(
            request.proof, protocolVersion: version, object: request.object, channel: facts, peer: peer)
        let proof = try authenticator.makeServerProof(
            answering: request.proof, to: caller, protocolVersion: version, object: request.object,
            channel: facts)
        let metadata = HandshakeMessage.Metadata(methods: ["add"], oneway: [], attributes: [])
        var annotations = Annotations()
        if asLantern { annotations[.lantern] = frame.annotations[.lantern] }
        // Without a proof of its own the server sends the caller's back.
        let body = try HandshakeMessage.answer(
            proof: prove ? proof : request.proof, metadata: metadata, version: frame.version, as: format)
        let answer = Frame(
            version: frame.version, type: .connectOK, serializer: frame.serializer, annotations: annotations,
            payload: ByteBuffer(bytes: body))
        return (answer, request.object)
    }

    func answer(_ call: Frame, _ value: Value) async throws {
        try await send(Self.result(of: call, value))
    }

    static func result(of call: Frame, _ value: Value) throws -> Frame {
        let payload = try encode(value, as: #require(call.serializer.format))
        return Frame(
            version: call.version, type: .result, sequence: call.sequence, serializer: call.serializer,
            payload: ByteBuffer(bytes: payload))
    }
}
