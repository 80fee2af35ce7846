import LanternTLS
import LanternTrust
import Logging
import NIOCore
import NIOHTTP1

/// A request longer than it may be.
private struct RequestTooLong: Error {}

/// Lets no more bytes through than one request may have: one connection carries one request.
final class RequestSizeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var left: Int

    init(maximum: Int) { left = maximum }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard left >= 0 else { return }
        left -= bytes.readableBytes
        if left >= 0 {
            context.fireChannelRead(data)
        } else {
            context.fireErrorCaught(RequestTooLong())
        }
    }
}

/// One connection of somebody who asks for health or numbers: reads one request, answers it, and ends.
final class MonitoringHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// Who asks.
    enum Caller {
        /// Over the Unix socket, whose file says who may.
        case local
        /// Over TLS, before its certificate was judged.
        case unknown
        case peer(PeerIdentity, keyExchange: String?)
    }

    private enum State {
        case waiting
        case answering
        /// The answer is out; what comes is thrown away.
        case answered
    }

    private let server: MonitoringServer
    private let logger: Logger
    private var caller: Caller
    private var state = State.waiting
    private var deadline: Scheduled<Void>?

    init(server: MonitoringServer, caller: Caller, logger: Logger) {
        self.server = server
        self.caller = caller
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) { setDeadline(context) }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    /// Whoever is slower than the time is closed: the request, and then the answer.
    private func setDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(server.settings.timeout)) {
            // Past TLS, which would wait for the peer's goodbye.
            channel.close(mode: .all, promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .established(let certificate, let facts)? = event as? TLSEvent {
            caller = .peer(certificate.identity, keyExchange: facts.keyExchange)
        } else if event as? ChannelEvent == .inputClosed, case .answered = state {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .waiting = state, case .head(let head) = unwrapInboundIn(data) else { return }
        do throws(MonitoringAnswer) {
            let request = try MonitoringRequest(head)
            try authorize(request)
            serve(request, context)
        } catch {
            send(error, isHead: head.method == .HEAD, context)
        }
    }

    /// - Throws: the answer to give instead.
    private func authorize(_ request: MonitoringRequest) throws(MonitoringAnswer) {
        let refusal: String
        switch caller {
        case .local: return
        case .unknown: refusal = "nobody is known to ask"
        case .peer(let identity, let keyExchange):
            let verdict = server.policy.judgeCertificate(
                of: identity, keyExchange: keyExchange, object: MonitoringSettings.object,
                method: request.subject.method)
            if verdict.isAllowed { return }
            logger.info(
                "monitoring refused",
                metadata: [
                    "identity": "\(identity)", "object": "\(MonitoringSettings.object)",
                    "method": "\(request.subject.method)", "reason": "\(verdict.reason)",
                ])
            refusal = "not allowed"
        }
        throw MonitoringAnswer(.forbidden, refusal)
    }

    private func serve(_ request: MonitoringRequest, _ context: ChannelHandlerContext) {
        state = .answering
        setDeadline(context)
        let server = self.server
        let answer = context.eventLoop.makeFutureWithTask { await server.answer(request.subject) }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        answer.whenComplete { result in
            let answer = (try? result.get()) ?? MonitoringAnswer(.internalServerError, "no answer")
            bound.value.handler.send(answer, isHead: request.isHead, bound.value.context)
        }
    }

    private func send(_ answer: MonitoringAnswer, isHead: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        if case .answered = state { return }
        state = .answered
        setDeadline(context)
        let bytes = ByteBuffer(bytes: answer.bytes(isHead: isHead))
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(bytes)).whenComplete { result in
            guard case .success = result else { return bound.value.context.close(promise: nil) }
            bound.value.handler.finish(bound.value.context)
        }
    }

    /// Ends so that the peer can still read the answer: what it sent and nobody read must not become a reset.
    private func finish(_ context: ChannelHandlerContext) {
        if case .local = caller {
            context.close(mode: .output, promise: nil)
        } else {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, state) {
        case (is RequestTooLong, .waiting):
            let answer = MonitoringAnswer(
                .requestHeaderFieldsTooLarge, "a request has at most \(server.settings.requestSize) bytes")
            send(answer, isHead: false, context)
        case (is HTTPParserError, .waiting):
            send(MonitoringAnswer(.badRequest, "this is no HTTP request"), isHead: false, context)
        case (is TLSError, .waiting):
            logger.info("monitoring connection failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        case (is RequestTooLong, _), (is HTTPParserError, _): break
        default:
            logger.debug("monitoring connection failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension MonitoringHandler: Sendable {}
