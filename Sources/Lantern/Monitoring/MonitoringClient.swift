import LanternTLS
import LanternTrust
import LanternWire
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a daemon's monitoring place: what probes and tools do.
package struct MonitoringClient: Sendable {
    /// Bytes of an answer; a larger one is an error.
    package static let maximumAnswer = 64 << 20

    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let settings: Settings
    private let place: MonitoringSettings.Place
    private let identity: String?

    /// - Parameter identity: which the far side must have, exact or a pattern; ours when nil. Nothing to a Unix socket.
    package init(_ settings: Settings, place: MonitoringSettings.Place, identity: String? = nil) {
        self.settings = settings
        self.place = place
        self.identity = identity
    }

    /// - Parameter path: `/healthz`, `/readyz` or `/metrics`.
    /// - Throws: ``LanternError/Code/connectFailed``, ``LanternError/Code/timeout``,
    ///   ``LanternError/Code/authenticationFailed``, ``LanternError/Code/protocolViolation``.
    package func get(_ path: String, within time: Duration = .seconds(5)) async throws -> Answer {
        let loop = settings.eventLoopGroup.any()
        let promise = loop.makePromise(of: Answer.self)
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(TimeAmount(time))
        let channel: any Channel
        do {
            channel = try await connect(bootstrap, path, promise, before: .now.advanced(by: time))
        } catch {
            promise.fail(error)
            _ = try? await promise.futureResult.get()
            throw ConnectFailure.error(for: error, address: description)
        }
        let timer = loop.scheduleTask(in: TimeAmount(time)) { [description] in
            promise.fail(LanternError(.timeout, "\(description) gave no answer within \(time)"))
            channel.close(mode: .all, promise: nil)
        }
        defer { timer.cancel() }
        do { return try await promise.futureResult.get() } catch let error as TLSError {
            throw ConnectFailure.error(for: error, address: description)
        }
    }

    private var description: String { place.description }

    private func connect(
        _ bootstrap: ClientBootstrap, _ path: String, _ promise: EventLoopPromise<Answer>,
        before end: ContinuousClock.Instant
    ) async throws -> any Channel {
        switch place {
        case .unixSocket(let socketPath, _):
            let descriptor = try await UnixSocket.connect(path: socketPath, before: end)
            return try await bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try Self.fill(channel, path, "localhost", promise) }
            }.withConnectedSocket(descriptor).get()
        case .tls(let host, let port):
            let tls = try settings.tlsContext()
            let expected = IdentityMatcher(identity ?? "\(tls.ownCertificate.identity)")
            let name = description
            // Who answers is told by its identity, whatever name it was reached by.
            return try await bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        TLSHandler.client(
                            context: tls, serverName: .identityOnly, expectedIdentity: expected,
                            peerDescription: name))
                    try Self.fill(channel, path, host, promise)
                }
            }.connect(host: host == "0.0.0.0" || host == "::" ? "localhost" : host, port: port).get()
        }
    }

    private static func fill(
        _ channel: any Channel, _ path: String, _ host: String, _ promise: EventLoopPromise<Answer>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
        try pipeline.addHandler(MonitoringAnswerHandler(path: path, host: host, promise: promise))
    }
}

/// Sends one request and puts the answer together.
private final class MonitoringAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let path, host: String
    private let promise: EventLoopPromise<MonitoringClient.Answer>
    private var status = 0
    private var body: [UInt8] = []

    init(path: String, host: String, promise: EventLoopPromise<MonitoringClient.Answer>) {
        self.path = path
        self.host = host
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { ask(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        ask(context)
        context.fireChannelActive()
    }

    private func ask(_ context: ChannelHandlerContext) {
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path, headers: ["host": host, "connection": "close"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let part):
            guard body.count + part.readableBytes <= MonitoringClient.maximumAnswer else {
                return fail(LanternError(.messageTooLarge, "the answer is too long"), context)
            }
            body += Array(buffer: part)
        case .end:
            promise.succeed(MonitoringClient.Answer(status: status, body: body))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let shown =
            error is HTTPParserError ? LanternError(.protocolViolation, "the answer is no HTTP") : error
        fail(shown, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(LanternError(.connectionLost, "the connection ended before the answer"))
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        promise.fail(error)
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension MonitoringAnswerHandler: Sendable {}
