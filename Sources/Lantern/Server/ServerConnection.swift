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
    }

    enum Message: Sendable {
        case finished(call: UInt64, Answer)
        /// A place among the daemon's handlers is taken for this connection.
        case placeGranted
        case drain
        case abort
    }

    let core: DaemonCore
    let id = ConnectionID.next()
    let address: String
    let logger: Logger
    let instances = InstanceScope()
    let mailbox: LoopMailbox<Message>
    let executor: LoopExecutor
    private let onEnd: @Sendable (ConnectionID) -> Void

    var session = ServerSession()
    var decoder = FrameDecoder(limits: .beforeAuthentication)
    var judge: CallJudge?
    var running: [UInt64: RunningCall] = [:]
    var orderedIsRunning = false
    private var lastCall: UInt64 = 0
    private var lastCorrelation = CorrelationID.random()
    private var context: ChannelHandlerContext?
    private var isDraining = false
    private var isWaitingForPlace = false
    private var parked = CircularBuffer<ParkedCall>()
    private var parkedBytes = 0
    private var readIsPending = false
    private var output = ByteBuffer()
    private var isReading = false
    private var handshakeDeadline: Scheduled<Void>?
    private var callDeadline: Scheduled<Void>?

    package init(
        core: DaemonCore, address: String, eventLoop: any EventLoop,
        onEnd: @escaping @Sendable (ConnectionID) -> Void
    ) {
        self.core = core
        self.address = address
        self.onEnd = onEnd
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
        decoder.append(&bytes)
        isReading = true
        processFrames()
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Python's ssl module never says goodbye: with nothing under way that is the ordinary end of a peer.
        let isOrdinary = (error as? TLSError)?.code == .truncated && running.isEmpty
        logger.log(level: isOrdinary ? .debug : .info, "connection failed", metadata: ["error": "\(error)"])
        end(nil)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resumeReading() }
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
        let call = ParkedCall(frame: frame, arrival: .now)
        guard parked.isEmpty, hasRoom, takePlace() else {
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
    private func begin(_ call: ParkedCall) {
        guard case .runCall = session.received(.invoke) else { return core.budget.give() }
        run(call.frame, arrival: call.arrival)
    }

    private func perform(_ action: ServerSession.Action, _ frame: Frame?) {
        switch (action, frame) {
        case (.authenticate(let peer, let facts), let frame?): authenticate(frame, peer, facts)
        case (.answerPing, let frame?): answerPing(frame)
        case (.cancelCall, let frame?): cancel(sequence: frame.sequence)
        case (.refuseConnection(let text), let frame): refuse(text, answering: frame)
        case (.close(let reason), _): end(reason)
        default: break
        }
    }

    private func answerPing(_ frame: Frame) {
        send(
            Frame(
                version: frame.version, type: .ping, sequence: frame.sequence, serializer: frame.serializer,
                correlationID: frame.correlationID, payload: ByteBuffer(string: "pong")))
    }

    // MARK: - Calls

    private func run(_ frame: Frame, arrival: ContinuousClock.Instant) {
        guard let judge else {
            core.budget.give()
            return end("a call without a peer")
        }
        core.calls.increment()
        lastCorrelation = lastCorrelation.following
        switch judge.judge(frame, now: arrival, freshID: lastCorrelation) {
        case .run(let execution): start(execution, frame)
        case .refuse(let error, let context, let denial):
            refuseCall(frame, error, context, denial)
        case .unanswerable(let reason):
            core.budget.give()
            end(reason)
        }
    }

    private func start(_ execution: CallExecution, _ frame: Frame) {
        let isOrdered = !(judge?.kind.isLantern ?? false) && !execution.context.isOneway
        track(frame, deadline: execution.endsBy, isOrdered: isOrdered, on: execution.object) {
            await execution.run()
        }
    }

    /// A refusal of an audited object is written to the audit log before it is answered.
    private func refuseCall(_ frame: Frame, _ error: any Error, _ context: CallContext, _ denial: Denial?) {
        core.refusals.increment()
        logger.info(
            "call refused",
            metadata: [
                "identity": "\(context.peer.identity)", "object": "\(context.object.prefix(128))",
                "method": "\(context.method.prefix(128))", "reason": "\(denial?.reason ?? "\(error)")",
            ])
        let core = self.core
        let payload = ExceptionPayload.encode(
            core.errors.exception(
                for: error, version: frame.version, peerIsLantern: context.peerIsLantern,
                place: "\(context.object).\(context.method)"),
            version: frame.version, as: context.serializer)
        guard let denial, let audit = core.audit,
            core.registry.object(denial.object)?.options.isAudited == true
        else {
            core.budget.give()
            if !context.isOneway { answer(.exception(payload), to: .init(frame)) }
            return
        }
        track(frame, deadline: nil, isOrdered: !context.peerIsLantern && !context.isOneway, on: nil) {
            // When it cannot be written the answer is the same: no.
            try? await audit.record(AuditEvents.refusal(denial, context: context))
            return context.isOneway ? .silence : .exception(payload)
        }
    }

    /// Runs the work of one call and keeps its task until the answer is in the mailbox.
    private func track(
        _ frame: Frame, deadline: ContinuousClock.Instant?, isOrdered: Bool, on object: RegisteredObject?,
        _ work: @escaping @Sendable () async -> CallExecution.Outcome
    ) {
        lastCall &+= 1
        let call = lastCall
        let head = Answer.Head(frame)
        let mailbox = self.mailbox
        let budget = core.budget
        if object?.options.execution == .onLoop {
            let place = ImmediateAnswer(eventLoop: mailbox.eventLoop)
            let task = Task.immediateDetached(executorPreference: executor) {
                let outcome = await work()
                budget.give()
                if place.take(outcome) { return }
                mailbox.post(.finished(call: call, Answer(head: head, outcome: outcome)))
            }
            // Most calls on the loop are done by now: their answers need no mailbox.
            if let outcome = place.close() {
                answer(outcome, to: head)
                return closeIfDrained()
            }
            remember(call, frame, task, deadline: deadline, isOrdered: isOrdered)
        } else {
            let task = Task.detached(executorPreference: HandlerExecutor.shared) {
                let outcome = await work()
                budget.give()
                mailbox.post(.finished(call: call, Answer(head: head, outcome: outcome)))
            }
            remember(call, frame, task, deadline: deadline, isOrdered: isOrdered)
        }
    }

    private func remember(
        _ call: UInt64, _ frame: Frame, _ task: Task<Void, Never>, deadline: ContinuousClock.Instant?,
        isOrdered: Bool
    ) {
        running[call] = RunningCall(
            sequence: frame.sequence, task: task, deadline: deadline, isOrdered: isOrdered,
            isOneway: frame.flags.contains(.oneway))
        if isOrdered { orderedIsRunning = true }
        scheduleDeadline(deadline)
    }

    private func cancel(sequence: UInt16) {
        for call in running.values where call.sequence == sequence { call.task.cancel() }
        guard let index = parked.firstIndex(where: { $0.frame.sequence == sequence }) else { return }
        let frame = parked.remove(at: index).frame
        parkedBytes -= frame.payload.readableBytes
        guard !frame.flags.contains(.oneway), let format = frame.serializer.format else { return }
        let record = core.errors.exception(
            for: CancellationError(), version: frame.version, peerIsLantern: true, place: "parked")
        let payload = ExceptionPayload.encode(record, version: frame.version, as: format)
        answer(.exception(payload), to: .init(frame))
    }

    // MARK: - Deadlines

    /// One timer for all calls of the connection: it stands at the earliest deadline.
    private func scheduleDeadline(_ deadline: ContinuousClock.Instant?) {
        guard let deadline, let context else { return }
        if callDeadline != nil, let nextDeadline, nextDeadline <= deadline { return }
        callDeadline?.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let wait = TimeAmount(ContinuousClock.now.duration(to: deadline))
        callDeadline = context.eventLoop.scheduleTask(in: wait) {
            bound.value.deadlinePassed()
        }
        nextDeadline = deadline
    }

    private var nextDeadline: ContinuousClock.Instant?

    private func deadlinePassed() {
        callDeadline = nil
        let now = ContinuousClock.now
        for call in running.values where call.deadline.map({ $0 <= now }) ?? false { call.task.cancel() }
        scheduleDeadline(running.values.compactMap(\.deadline).filter { $0 > now }.min())
    }

    // MARK: - Mailbox

    private func received(_ messages: [Message]) {
        for message in messages {
            switch message {
            case .finished(let call, let answer): finished(call, answer)
            case .placeGranted: placeGranted()
            case .drain: drain()
            case .abort: abort()
            }
        }
        processFrames()
        resumeReading()
        flush()
    }

    private func finished(_ call: UInt64, _ answer: Answer) {
        guard let ended = running.removeValue(forKey: call) else { return }
        if ended.isOrdered { orderedIsRunning = false }
        self.answer(answer.outcome, to: answer.head)
        closeIfDrained()
    }

    private func resumeReading() {
        guard readIsPending, let context, canAccept, context.channel.isWritable else { return }
        readIsPending = false
        context.read()
    }

    // MARK: - Writing

    func answer(_ outcome: CallExecution.Outcome, to head: Answer.Head) {
        guard let (frame, body) = Answer(head: head, outcome: outcome).frame else { return }
        do {
            try FrameEncoder.encode(frame, body: body, into: &output, limits: core.frameLimits)
        } catch {
            // The answer is too large: say so instead of leaving the caller waiting.
            guard let smaller = tooLarge(frame, error) else { return end("\(error)") }
            send(smaller)
        }
        if !isReading && output.readableBytes > 1 << 20 { flush() }
    }

    func send(_ frame: Frame) {
        do { try FrameEncoder.encode(frame, into: &output, limits: core.frameLimits) } catch {
            end("\(error)")
        }
        if !isReading && output.readableBytes > 1 << 20 { flush() }
    }

    private func tooLarge(_ frame: Frame, _ error: any Error) -> Frame? {
        guard let format = frame.serializer.format else { return nil }
        let record = core.errors.exception(
            for: LanternError(.serialization, "the result cannot be sent: \(error)"), version: frame.version,
            peerIsLantern: false, place: "result")
        var smaller = frame
        smaller.flags = .exception
        smaller.annotations = Annotations()
        smaller.payload = ByteBuffer(
            bytes: ExceptionPayload.encode(record, version: frame.version, as: format))
        return smaller
    }

    func flush() {
        guard let context, output.readableBytes > 0 else { return }
        let buffer = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: - Ends

    func authenticationDone() {
        handshakeDeadline?.cancel()
        handshakeDeadline = nil
        decoder.limits = core.frameLimits
    }

    /// Asks a Lantern peer for no new calls: it closes once it has its answers, and what it sent before it read the
    /// notice is still served. A Pyro peer, which cannot be asked, is closed when its running calls are done.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        if heedsDrainNotice {
            send(.drain(version: decoder.version ?? .v502))
        } else {
            closeIfDrained()
        }
    }

    private var heedsDrainNotice: Bool {
        guard case .lantern(let announcement) = judge?.kind else { return false }
        return announcement.features.contains(.drainNotice)
    }

    private func closeIfDrained() {
        if isDraining, !heedsDrainNotice, running.isEmpty, parked.isEmpty { closeSoftly() }
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
        session.closed()
        handshakeDeadline?.cancel()
        callDeadline?.cancel()
        for call in running.values {
            if call.isOneway, let deadline = call.deadline {
                let task = call.task
                mailbox.eventLoop.scheduleTask(in: TimeAmount(ContinuousClock.now.duration(to: deadline))) {
                    task.cancel()
                }
            } else {
                call.task.cancel()
            }
        }
        running = [:]
        parked = []
        parkedBytes = 0
        for case .placeGranted in mailbox.close() { core.budget.give() }
        core.streams.connectionEnded(id, now: .now)
        onEnd(id)
    }
}
