import LanternTLS
import NIOCore
import NIOHTTP2
import NIOPosix

/// One connection to one server of the cluster: HTTP/2 over mutual TLS.
final class EtcdConnection: Sendable {
    let endpoint: EtcdEndpoint
    private let channel: any Channel
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    private let limits: EtcdLimits

    private init(
        _ endpoint: EtcdEndpoint, _ channel: any Channel, _ multiplexer: NIOHTTP2Handler.StreamMultiplexer,
        _ limits: EtcdLimits
    ) {
        self.endpoint = endpoint
        self.channel = channel
        self.multiplexer = multiplexer
        self.limits = limits
    }

    var isOpen: Bool { channel.isActive }

    /// Gives up the connection; calls on it end with an error.
    func close() { channel.close(promise: nil) }

    /// - Throws: ``EtcdError/Code/unreachable`` with the reason, which may be a refused certificate.
    static func open(
        _ endpoint: EtcdEndpoint, tls: TLSContext, settings: EtcdSettings, group: any EventLoopGroup
    ) async throws -> EtcdConnection {
        let limits = settings.limits
        let established = group.any().makePromise(of: Void.self)
        do {
            let (channel, multiplexer) = try await ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(settings.attempt))
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: endpoint.host, port: endpoint.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(
                            TLSHandler.client(
                                context: tls, serverName: .host(endpoint.host), expectedIdentity: nil,
                                peerDescription: "etcd \(endpoint)"))
                        try pipeline.addHandler(EstablishedHandler(established))
                        let multiplexer = try pipeline.configureHTTP2Pipeline(
                            mode: .client, connectionConfiguration: Self.connectionSettings(),
                            streamConfiguration: Self.streamSettings()
                        ) { $0.close() }
                        return (channel, multiplexer)
                    }
                }
            let connection = EtcdConnection(endpoint, channel, multiplexer, limits)
            try await withTaskCancellationHandler {
                try await established.futureResult.get()
            } onCancel: {
                connection.close()
            }
            return connection
        } catch {
            // Nobody waits for it any more; without a connection it was never kept.
            established.fail(error)
            throw EtcdError(.unreachable, "\(endpoint): \(reason(error))")
        }
    }

    private static func connectionSettings() -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 0),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: 1 << 20),
        ]
        configuration.targetWindowSize = 4 << 20
        return configuration
    }

    private static func streamSettings() -> NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = 1 << 20
        return configuration
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as TLSError: "\(error.detail) (\(error.code))"
        case let error as EtcdError: error.detail
        case is CancellationError: "given up"
        default: String("\(error)".prefix(256))
        }
    }

    /// A stream for one call.
    ///
    /// - Throws: ``EtcdError/Code/unreachable``: nothing was sent.
    func call(
        _ path: String, needsLeader: Bool = false
    ) async throws -> NIOAsyncChannel<[UInt8], [UInt8]> {
        let (endpoint, limits) = (endpoint, limits)
        let opened = channel.eventLoop.makePromise(of: NIOAsyncChannel<[UInt8], [UInt8]>.self)
        let stream = multiplexer.createStreamChannel { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    GRPCCallHandler(
                        path: path, authority: "\(endpoint)", needsLeader: needsLeader,
                        limit: limits.message))
                let wrapped = try NIOAsyncChannel<[UInt8], [UInt8]>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(
                        backPressureStrategy: .init(
                            lowWatermark: 1, highWatermark: limits.waitingMessages),
                        isOutboundHalfClosureEnabled: true))
                opened.succeed(wrapped)
            }
        }
        stream.whenFailure { opened.fail($0) }
        do {
            return try await opened.futureResult.get()
        } catch {
            throw EtcdError(.unreachable, "\(endpoint): no stream: \(Self.reason(error))")
        }
    }
}

/// Says when the peer is verified, or why not.
private final class EstablishedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .established? = event as? TLSEvent { promise.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(EtcdError(.unreachable, "the connection was closed"))
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension EstablishedHandler: Sendable {}
