import CoreMetrics
import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import Logging
package import NIOCore

/// Carries out on one connection what ``ServerSession`` decides: the NIO glue of the server side.
///
/// Lives on its event loop. Handlers that run elsewhere hand their answers in through a mailbox, so that many
/// answers make one write. Reading pauses while handlers lag or the peer does not read its answers.
package final class ServerConnection: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = Never
    package typealias OutboundIn = Never
    package typealias OutboundOut = ByteBuffer

    struct RunningCall {
        let sequence: UInt16
        let task: Task<Void, Never>
        let deadline: ContinuousClock.Instant?
        let isOrdered: Bool
        let isOneway: Bool
    }

    /// A call that was read and waits for room.
    struct ParkedCall {
        let frame: Frame
        let arrival: ContinuousClock.Instant
        let streams: StreamArguments?
    }

    enum Message: Sendable {
        case finished(call: UInt64, Answer)
        /// A place among the daemon's handlers is taken for this connection.
        case placeGranted
        /// A call of ours to an object that the peer handed out.
        case callBack(PendingCall)
        case cancelCallBack(PendingCall)
        case stream(PushedStreams.Event)
        case drain
        case abort
        /// Something about the trust in the peer has changed.
        case trust(TrustNotice)
    }

    let core: DaemonCore
    let id = ConnectionID.next()
    let address: String
    let logger: Logger
    let instances = InstanceScope()
    let mailbox: LoopMailbox<Message>
    let executor: LoopExecutor
    private let onEnd: @Sendable (ConnectionID, PeerIdentity?) -> Void
    /// Who is there, once it is known and counted.
    var countedIdentity: PeerIdentity?
    var keepAlive = KeepAlive()
    var keepAliveTimer: Scheduled<Void>?
    var outgoing = OutgoingBytes()
    var drainFence = DrainFence.open

    var session = ServerSession()
    var decoder = FrameDecoder(limits: .beforeAuthentication)
    var judge: CallJudge?
    /// The epoch under which TLS judges the peer.
    let epoch: TrustEpoch
    /// Set once the client has connected.
    var client: ConnectedClient?
    /// Made at the first call of ours to an object that the peer handed out.
    var callbacks: OutgoingCallbacks?
    var running: [UInt64: RunningCall] = [:]
    var orderedIsRunning = false
    var lastCall: UInt64 = 0
    var lastCorrelation = CorrelationID.random()
    var context: ChannelHandlerContext?
    var isDraining = false
    private var isWaitingForPlace = false
    var parked = CircularBuffer<ParkedCall>()
    var parkedBytes = 0
    var readIsPending = false
    var output = ByteBuffer()
    var isReading = false
    var pushed: PushedStreams?
    private var handshakeDeadline: Scheduled<Void>?
    var callDeadline: Scheduled<Void>?
    var nextDeadline: ContinuousClock.Instant?

    package init(
        core: DaemonCore, address: String, eventLoop: any EventLoop, epoch: TrustEpoch,
        onEnd: @escaping @Sendable (ConnectionID, PeerIdentity?) -> Void
    ) {
        self.core = core
        self.address = address
        self.onEnd = onEnd
        self.epoch = epoch
        mailbox = LoopMailbox(eventLoop: eventLoop)
        executor = LoopExecutor(eventLoop)
        var logger = core.logger
        logger[metadataKey: "peer"] = "\(address)"
        self.logger = logger
    }

    // MARK: - Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        mailbox.open { [unowned self] messages in self.received(messages) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        handshakeDeadline = context.eventLoop.scheduleTask(in: TimeAmount(core.limits.handshakeTimeout)) {
            bound.value.core.meters?.refused(.timeout)
            bound.value.end("the signed handshake did not come within its time")
        }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        self.context = nil
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSEvent, case .established(let peer, let facts) = event {
            perform(session.tlsEstablished(peer, facts), nil)
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            end(nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let meters = core.meters { meters.received.increment(by: bytes.readableBytes) }
        decoder.append(&bytes)
        keepAlive.heard()
        isReading = true
        processFrames()
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
        if isDraining { closeIfDrained() }
        if let message = decoder.takeUnfinished() {
            context.triggerUserOutboundEvent(UnfinishedMessage(message), promise: nil)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Python's ssl module never says goodbye: with nothing under way that is the ordinary end of a peer.
        let isOrdinary = (error as? TLSError)?.code == .truncated && running.isEmpty
        if case .waitingForTLS = session.state, error is TLSError { core.meters?.refused(.tls) }
        logger.log(level: isOrdinary ? .debug : .info, "connection failed", metadata: ["error": "\(error)"])
        end(nil)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        if pushed != nil || callbacks != nil {
            callbacks?.resume()
            pushed?.sendReady()
            flush()
        }
        resumeReading()
    }

    package func read(context: ChannelHandlerContext) {
        if canAccept && context.channel.isWritable {
            context.read()
        } else {
            readIsPending = true
        }
    }

    // MARK: - Frames

    /// Bytes of parked calls past which nothing more is read.
    private static let maximumParked = 1 << 20

    /// Whether to look at the next message.
    ///
    /// Past the limits of a Lantern peer's calls there may be a cancellation that makes room, so some calls are
    /// parked and reading goes on. A Pyro peer has one call under way, and what it sends meanwhile waits unread.
    private var canAccept: Bool {
        guard case .open(_, let kind) = session.state else { return true }
        if kind.isLantern {
            if let callbacks, callbacks.isWaiting { return true }
            return parked.count < core.limits.handlersPerConnection && parkedBytes < Self.maximumParked
        }
        return parked.isEmpty && !orderedIsRunning && running.count < core.limits.handlersPerConnection
    }

    private func processFrames() {
        startParked()
        do {
            while canAccept, context != nil, let frame = try decoder.next() {
                if frame.type == .invoke, case .open = session.state {
                    admit(frame)
                } else {
                    perform(session.received(frame.type), frame)
                }
            }
        } catch {
            refuseBadFrame(error)
        }
    }

    /// Starts a call, or parks it until there is room.
    private func admit(_ frame: Frame) {
        let call = ParkedCall(frame: frame, arrival: .now, streams: streamArguments(of: frame))
        guard parked.isEmpty, hasRoom, takePlace() else {
            if let callbacks, callbacks.isWaiting, !mayWait(call, callbacks) { return }
            parked.append(call)
            parkedBytes += frame.payload.readableBytes
            return
        }
        begin(call)
    }

    private var hasRoom: Bool { !isWaitingForPlace && running.count < core.limits.handlersPerConnection }

    private func startParked() {
        while !parked.isEmpty, hasRoom, takePlace(), let call = unpark() { begin(call) }
    }

    private func unpark() -> ParkedCall? {
        guard let call = parked.popFirst() else { return nil }
        parkedBytes -= call.frame.payload.readableBytes
        return call
    }

    private func takePlace() -> Bool {
        let mailbox = self.mailbox
        if core.budget.tryTake(orWait: { mailbox.post(.placeGranted) }) { return true }
        isWaitingForPlace = true
        return false
    }

    private func placeGranted() {
        isWaitingForPlace = false
        guard let call = unpark() else { return core.budget.give() }
        begin(call)
    }

    /// Starts a call that has its place.
    func begin(_ call: ParkedCall) {
        guard case .runCall = session.received(.invoke) else { return core.budget.give() }
        run(call.frame, arrival: call.arrival, streams: call.streams)
    }

    private func perform(_ action: ServerSession.Action, _ frame: Frame?) {
        switch (action, frame) {
        case (.authenticate(let peer, let facts), let frame?): authenticate(frame, peer, facts)
        case (.answerPing, let frame?): receivedPing(frame)
        case (.cancelCall, let frame?): cancel(sequence: frame.sequence)
        case (.takeAnswer, let frame?): takeAnswer(frame)
        case (.heedStream, let frame?): heedStream(frame)
        case (.refuseConnection(let text), let frame): refuse(text, answering: frame, as: .malformed)
        case (.close(let reason), _): end(reason)
        default: break
        }
    }

    // MARK: - Mailbox

    private func received(_ messages: [Message]) {
        for message in messages {
            switch message {
            case .finished(let call, let answer): finished(call, answer)
            case .placeGranted: placeGranted()
            case .callBack(let call): callBack(call)
            case .cancelCallBack(let call): cancelCallBack(call)
            case .stream(let event): pushed?.handle(event)
            case .drain: drain()
            case .abort: abort()
            case .trust(let notice): trustChanged(notice)
            }
        }
        pushed?.sendReady()
        processFrames()
        resumeReading()
        flush()
        if isDraining { closeIfDrained() }
    }

    func finished(_ call: UInt64, _ answer: Answer) {
        guard let ended = running.removeValue(forKey: call) else { return }
        if ended.isOrdered { orderedIsRunning = false }
        write(answer)
        closeIfDrained()
    }

    private func resumeReading() {
        guard readIsPending, let context, canAccept, context.channel.isWritable else { return }
        readIsPending = false
        context.read()
    }

    // MARK: - Ends

    func authenticationDone() {
        handshakeDeadline?.cancel()
        handshakeDeadline = nil
        decoder.limits = core.frameLimits
        watchPeer(after: core.lookInterval)
    }

    func closeSoftly() {
        flush()
        context?.close(promise: nil)
    }

    func end(_ reason: String?) {
        if let reason { logger.info("connection ended", metadata: ["reason": "\(reason)"]) }
        session.closed()
        flush()
        context?.close(promise: nil)
    }

    /// Ends now, without a word to the peer: it may be the one that hangs.
    private func abort() {
        for call in running.values { call.task.cancel() }
        finish()
        context?.channel.close(promise: nil)
    }

    private var isFinished = false

    /// The connection is gone: calls whose answers nobody will get are cancelled, one-way calls run on until their
    /// deadline, streams wait for their reader.
    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        core.trust.remove(id)
        session.closed()
        handshakeDeadline?.cancel()
        callDeadline?.cancel()
        keepAliveTimer?.cancel()
        for call in running.values {
            if call.isOneway, let deadline = call.deadline {
                runOut(call.task, until: deadline)
            } else {
                call.task.cancel()
            }
        }
        running = [:]
        parked = []
        parkedBytes = 0
        closeCallbacks()
        core.streams.connectionEnded(id, now: .now)
        pushed?.connectionEnded(LanternError(.connectionLost, "the connection to \(address) ended"))
        if let client { core.hooks.clientDisconnected?(client) }
        closeResources(instances.resources.end())
    }

    /// Lets a call end by itself, before its deadline. The timer goes with the call: a peer that comes and goes with
    /// distant deadlines leaves nothing behind.
    private func runOut(_ task: Task<Void, Never>, until deadline: ContinuousClock.Instant) {
        let wait = TimeAmount(ContinuousClock.now.duration(to: deadline))
        let timer = mailbox.eventLoop.scheduleTask(in: wait) { task.cancel() }
        // Nobody waits for this: it ends with the call.
        Task.detached(executorPreference: HandlerExecutor.shared) {
            await task.value
            timer.cancel()
        }
    }

    /// The connection counts as open until its resources are closed, or the time for that is over.
    private func closeResources(_ resources: [any TrackedResource]) {
        guard !resources.isEmpty else { return onEnd(id, countedIdentity) }
        let (id, onEnd, identity) = (id, onEnd, countedIdentity)
        let timer = mailbox.eventLoop.scheduleTask(in: TimeAmount(core.limits.drainTimeout)) {
            onEnd(id, identity)
        }
        // Nobody waits for this but the daemon's end, for which `onEnd` stands.
        Task.detached(executorPreference: HandlerExecutor.shared) {
            for resource in resources { await resource.close() }
            timer.cancel()
            onEnd(id, identity)
        }
    }
}
