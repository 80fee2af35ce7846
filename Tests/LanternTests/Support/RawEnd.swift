import Lantern
import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import NIOPosix
import Testing

/// One end of a connection that says exactly what a test wants, right or wrong.
struct RawEnd: Sendable {
    let channel: any Channel
    let inbox: Inbox<RawEvent>
    let peer: PeerCertificate
    let facts: ChannelFacts
    let authenticator: Authenticator

    /// Connects as a client and does TLS; nothing is said yet.
    static func connect(_ settings: Settings, port: Int) async throws -> RawEnd {
        try await connect(settings.tlsContext(), settings.authenticator(), port: port)
    }

    /// The same for many connections: the files are read once.
    static func connect(_ tls: TLSContext, _ authenticator: Authenticator, port: Int) async throws -> RawEnd {
        let inbox = Inbox<RawEvent>()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler.client(
                            context: tls, serverName: .address("127.0.0.1"), expectedIdentity: nil,
                            peerDescription: "the daemon"), FrameHandler(inbox),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return try await RawEnd(channel: channel, inbox: inbox, authenticator: authenticator)
    }

    init(channel: any Channel, inbox: Inbox<RawEvent>, authenticator: Authenticator) async throws {
        guard case .established(let peer, let facts)? = await inbox.next() else {
            throw LanternError(.connectFailed, "no TLS connection")
        }
        self.channel = channel
        self.inbox = inbox
        self.peer = peer
        self.facts = facts
        self.authenticator = authenticator
    }

    func send(_ frames: Frame...) async throws {
        var bytes = ByteBuffer()
        for frame in frames { try FrameEncoder.encode(frame, into: &bytes) }
        try await channel.writeAndFlush(bytes).get()
    }

    /// Sends a frame under a serializer number that the version does not have.
    func send(_ frame: Frame, serializer: UInt8) async throws {
        var bytes = ByteBuffer()
        try FrameEncoder.encode(frame, into: &bytes)
        bytes.setInteger(serializer, at: 7)
        try await channel.writeAndFlush(bytes).get()
    }

    func send(bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// - Returns: nil when the connection ended.
    func next() async -> Frame? {
        while let event = await inbox.next() {
            if case .frame(let frame) = event { return frame }
        }
        return nil
    }

    /// All that comes until the end.
    func rest() async -> [Frame] {
        var frames: [Frame] = []
        while let frame = await next() { frames.append(frame) }
        return frames
    }

    func close() async { try? await channel.close().get() }

    // MARK: - Messages

    /// A right CONNECT.
    func connectFrame(
        object: String = "counter", format: SerializerFormat = .msgpack, asLantern: Bool = false,
        features: LanternAnnouncement.Features = [
            .multiplexedCalls, .cancellation, .deadlines, .drainNotice,
        ],
        authenticator other: Authenticator? = nil, version: WireVersion = .v502
    ) throws -> Frame {
        let proof = try (other ?? authenticator).makeClientProof(
            protocolVersion: version.rawValue, object: object, channel: facts, binding: facts.bestBinding)
        var annotations = Annotations()
        if asLantern {
            annotations[.lantern] = LanternAnnouncement(features: features).data
        }
        let body = try HandshakeMessage.Request(proof: proof, object: object).encoded(as: format)
        return Frame(
            version: version, type: .connect, flags: version == .v48 ? .metaOnConnect : [],
            serializer: format.wire, annotations: annotations, payload: ByteBuffer(bytes: body))
    }

    /// Does the signed handshake.
    func authenticate(object: String = "counter", asLantern: Bool = false) async throws {
        try await send(connectFrame(object: object, asLantern: asLantern))
        let answer = try #require(await next())
        try #require(answer.type == .connectOK)
    }

    static func call(
        _ method: String, _ arguments: [Value] = [], object: String = "counter", sequence: UInt16 = 1,
        flags: FrameFlags = [], format: SerializerFormat = .msgpack, version: WireVersion = .v502
    ) throws -> Frame {
        var call = try CallWriter(
            format: format, object: object, method: method, argumentCount: arguments.count)
        for argument in arguments { try call.arguments.write(argument) }
        return Frame(
            version: version, type: .invoke, flags: flags, sequence: sequence, serializer: format.wire,
            payload: ByteBuffer(bytes: try call.finish()))
    }
}

extension Frame {
    func value() throws -> Value {
        try decode(Array(buffer: payload), as: #require(serializer.format))
    }

    func exception() throws -> ExceptionRecord {
        try #require(flags.contains(.exception))
        return try #require(ExceptionRecord(value()))
    }
}
