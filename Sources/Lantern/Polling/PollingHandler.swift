import NIOCore

/// Sees the flushes and the bytes of one connection, below TLS, and has its event loop polled between the two.
final class PollingHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let poller: LoopPoller
    private var policy: PollingPolicy
    private var expectation: LoopPoller.Expectation?
    private var hasJoined = false

    init(poller: LoopPoller, limit: TimeAmount) {
        self.poller = poller
        policy = PollingPolicy(limit: limit)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        hasJoined = true
        poller.join()
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        guard hasJoined else { return }
        let now = NIODeadline.now()
        if let end = policy.flushed(at: now, mayPoll: poller.mayPoll(at: now)) {
            expectation = poller.expect(until: end, inPlaceOf: expectation)
        } else {
            fulfil()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        policy.received(at: .now())
        fulfil()
        context.fireChannelRead(data)
    }

    private func fulfil() {
        guard let expectation else { return }
        self.expectation = nil
        poller.fulfil(expectation)
    }

    private func leave() {
        guard hasJoined else { return }
        hasJoined = false
        fulfil()
        poller.leave()
    }
}

@available(*, unavailable)
extension PollingHandler: Sendable {}
