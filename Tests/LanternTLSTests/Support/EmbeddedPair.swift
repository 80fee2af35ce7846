import LanternTLS
import LanternTrust
import NIOCore
import NIOEmbedded

/// Remembers what came out of a ``TLSHandler``.
final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var established: (peer: PeerCertificate, facts: ChannelFacts)?
    var errors: [TLSError] = []
    var received = ByteBuffer()
    var reads = 0
    var inputClosed = false
    var isInactive = false
    /// Done once, when the handshake is.
    var onEstablished: ((ChannelHandlerContext) -> Void)?

    var code: TLSError.Code? { errors.first?.code }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reads += 1
        received.writeImmutableBuffer(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        isInactive = true
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .established(let peer, let facts)? = event as? TLSEvent {
            established = (peer, facts)
            onEstablished?(context)
        }
        if (event as? ChannelEvent) == .inputClosed { inputClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { errors.append(error) }
    }
}

/// A client and a server on one loop whose time stands still, joined by ``pump()``.
final class EmbeddedPair {
    let loop = EmbeddedEventLoop()
    let client: EmbeddedChannel
    let server: EmbeddedChannel
    let clientRecorder = Recorder()
    let serverRecorder = Recorder()
    /// Writes that went from the client to the server, and their sizes.
    var sentByClient: [Int] = []

    init(
        client clientContext: TLSContext, server serverContext: TLSContext,
        serverName: ServerName = .host("localhost"), expectedIdentity: IdentityMatcher? = nil
    ) throws {
        client = EmbeddedChannel(loop: loop)
        server = EmbeddedChannel(loop: loop)
        try client.pipeline.syncOperations.addHandlers([
            TLSHandler.client(
                context: clientContext, serverName: serverName, expectedIdentity: expectedIdentity,
                peerDescription: "the test server"),
            clientRecorder,
        ])
        try server.pipeline.syncOperations.addHandlers([
            TLSHandler.server(context: serverContext, peerDescription: "the test client"), serverRecorder,
        ])
        let address = try SocketAddress(unixDomainSocketPath: "/nowhere")
        _ = client.connect(to: address)
        _ = server.connect(to: address)
    }

    deinit {
        _ = try? client.finish(acceptAlreadyClosed: true)
        _ = try? server.finish(acceptAlreadyClosed: true)
    }

    /// Carries bytes both ways until none are left.
    func pump() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            while let bytes = try client.readOutbound(as: ByteBuffer.self) {
                isMoving = true
                sentByClient.append(bytes.readableBytes)
                if server.isActive { try server.writeInbound(bytes) }
            }
            while let bytes = try server.readOutbound(as: ByteBuffer.self) {
                isMoving = true
                if client.isActive { try client.writeInbound(bytes) }
            }
        }
    }
}
