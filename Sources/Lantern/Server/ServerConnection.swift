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
    }

    enum Message: Sendable {
        case finished(call: UInt64, Answer)
        case placeIsFree
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
        logger.info("connection failed", metadata: ["error": "\(error)"])
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

    /// Whether one more call may start now.
    private var canAccept: Bool {
        if isWaitingForPlace { return false }
        guard case .open(_, let kind) = session.state else { return true }
        return running.count < core.limits.handlersPerConnection && (kind.isLantern || !orderedIsRunning)
    }

    private func processFrames() {
        do {
            while canAccept, context != nil, let frame = try decoder.next() {
                if case .open = session.state, frame.type == .invoke, !takePlace() {
                    waiting = frame
                    return
                }
                perform(session.received(frame.type), frame)
            }
        } catch {
            refuseBadFrame(error)
        }
    }

    /// The frame that waits for a place among the daemon's handlers.
    private var waiting: Frame?

    private func takePlace() -> Bool {
        let mailbox = self.mailbox
        if core.budget.tryTake(orNotify: { mailbox.post(.placeIsFree) }) { return true }
        isWaitingForPlace = true
        return false
    }

    private func perform(_ action: ServerSession.Action, _ frame: Frame?) {
        switch (action, frame) {
        case (.authenticate(let peer, let facts), let frame?): authenticate(frame, peer, facts)
        case (.answerPing, let frame?): answerPing(frame)
        case (.runCall, let frame?): run(frame)
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

    private func run(_ frame: Frame) {
        guard let judge, !isDraining else {
            core.budget.give()
            return end(isDraining ? "a call after the drain notice" : "a call without a peer")
        }
        core.calls.increment()
        lastCorrelation = lastCorrelation.following
        switch judge.judge(frame, now: .now, freshID: lastCorrelation) {
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
        track(frame, deadline: execution.context.deadline, isOrdered: isOrdered, on: execution.object) {
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
        let operation: @Sendable () async -> Void = {
            let outcome = await work()
            budget.give()
            mailbox.post(.finished(call: call, Answer(head: head, outcome: outcome)))
        }
        let task =
            object?.options.execution == .onLoop
            ? Task.immediateDetached(executorPreference: executor, operation: operation)
            : Task.detached(operation: operation)
        running[call] = RunningCall(
            sequence: frame.sequence, task: task, deadline: deadline, isOrdered: isOrdered)
        if isOrdered { orderedIsRunning = true }
        scheduleDeadline(deadline)
    }

    private func cancel(sequence: UInt16) {
        for call in running.values where call.sequence == sequence { call.task.cancel() }
    }

    // MARK: - Deadlines

    /// One timer for all calls of the connection: it stands at the earliest deadline.
    private func scheduleDeadline(_ deadline: ContinuousClock.Instant?) {
        guard let deadline, callDeadline == nil, let context else { return }
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
            case .placeIsFree: placeIsFree()
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
        if isDraining, running.isEmpty { closeSoftly() }
    }

    private func placeIsFree() {
        isWaitingForPlace = false
        guard let frame = waiting else { return }
        waiting = nil
        guard takePlace() else {
            waiting = frame
            return
        }
        perform(session.received(frame.type), frame)
    }

    private func resumeReading() {
        guard readIsPending, let context, canAccept, context.channel.isWritable else { return }
        readIsPending = false
        context.read()
    }

    // MARK: - Writing

    func answer(_ outcome: CallExecution.Outcome, to head: Answer.Head) {
        guard let frame = Answer(head: head, outcome: outcome).frame else { return }
        send(frame)
    }

    func send(_ frame: Frame) {
        do {
            try FrameEncoder.encode(frame, into: &output, limits: core.frameLimits)
        } catch {
            // The answer is too large: say so instead of leaving the caller waiting.
            guard frame.type == .result, let smaller = tooLarge(frame, error) else { return end("\(error)") }
            do { try FrameEncoder.encode(smaller, into: &output) } catch { end("\(error)") }
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

    /// Asks Lantern peers for no new calls; ends when the running ones are done.
    private func drain() {
        isDraining = true
        if let judge, judge.kind.isLantern { send(.drain(version: decoder.version ?? .v502)) }
        if running.isEmpty { closeSoftly() }
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
        session.closed()
        finish()
        context?.channel.close(promise: nil)
    }

    private var isFinished = false

    /// The connection is gone: running calls are cancelled, streams wait for their reader.
    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        session.closed()
        handshakeDeadline?.cancel()
        callDeadline?.cancel()
        for call in running.values { call.task.cancel() }
        running = [:]
        _ = mailbox.close()
        core.streams.connectionEnded(id, now: .now)
        onEnd(id)
    }
}
