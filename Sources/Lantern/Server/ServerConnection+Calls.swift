import LanternTrust
import LanternValue
import LanternWire
import Logging
import NIOCore

/// Calls of one connection: judged, run, refused, cancelled, and ended when their time is over.
extension ServerConnection {
    func run(_ frame: Frame, arrival: ContinuousClock.Instant, streams: StreamArguments? = nil) {
        guard let judge else {
            core.budget.give()
            return end("a call without a peer")
        }
        var frame = frame
        if frame.correlationID == nil {
            lastCorrelation = lastCorrelation.following
            // As in Pyro the answer tells the caller the id that its call was given.
            frame.correlationID = lastCorrelation
        }
        switch judge.judge(frame, now: arrival, streams: streams) {
        case .run(let execution): start(execution, frame)
        case .refuse(let error, let context, let denial):
            refuseCall(frame, error, context, denial)
        case .unanswerable(let reason):
            core.budget.give()
            end(reason)
        }
    }

    func start(_ execution: CallExecution, _ frame: Frame) {
        let isOrdered = !(judge?.kind.isLantern ?? false) && !execution.call.isOneway
        if execution.object.options.execution == .onLoop {
            startOnLoop(execution, frame, isOrdered: isOrdered)
        } else {
            track(frame, deadline: execution.endsBy, isOrdered: isOrdered) { await execution.run() }
        }
    }

    /// A refusal of an audited object is written to the audit log before it is answered.
    func refuseCall(_ frame: Frame, _ error: any Error, _ context: CallContext, _ denial: Denial?) {
        core.meters?.refused(error, isDenial: denial != nil)
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
                || denial.rule.map({ $0.audit != .object }) == true
        else {
            core.budget.give()
            if !context.isOneway { answer(.exception(payload), to: .init(frame)) }
            return
        }
        track(frame, deadline: nil, isOrdered: !context.peerIsLantern && !context.isOneway) {
            // When it cannot be written the answer is the same: no.
            try? await audit.record(AuditEvents.refusal(denial, context: context))
            return context.isOneway ? .silence : .exception(payload)
        }
    }

    /// Runs a call up to its first suspension, here and now.
    private func startOnLoop(_ execution: CallExecution, _ frame: Frame, isOrdered: Bool) {
        lastCall &+= 1
        let call = lastCall
        let mailbox = self.mailbox
        let place = ImmediateAnswer(eventLoop: mailbox.eventLoop)
        // The task takes its locals over from here, which is less than to set them once more inside.
        let task = CallContext.$current.withValue(CallContext(execution.call)) {
            Task.immediate(executorPreference: executor) {
                let outcome = await execution.outcome()
                execution.core.budget.give()
                if place.take(outcome) { return }
                mailbox.post(
                    .finished(
                        call: call,
                        Answer(
                            head: Answer.Head(frame), outcome: outcome,
                            compresses: execution.core.compressesAnswers)))
            }
        }
        // Most calls on the loop are done by now: their answers need no mailbox.
        if let outcome = place.close() {
            answer(outcome, to: Answer.Head(frame))
            return closeIfDrained()
        }
        remember(call, frame, task, deadline: execution.endsBy, isOrdered: isOrdered)
    }

    /// Runs the work of one call on the handlers' threads and keeps its task until the answer is in the mailbox.
    private func track(
        _ frame: Frame, deadline: ContinuousClock.Instant?, isOrdered: Bool,
        _ work: @escaping @Sendable () async -> CallExecution.Outcome
    ) {
        lastCall &+= 1
        let call = lastCall
        let head = Answer.Head(frame)
        let mailbox = self.mailbox
        let budget = core.budget
        let compresses = core.compressesAnswers
        let task = Task.detached(executorPreference: HandlerExecutor.shared) {
            let outcome = await work()
            budget.give()
            mailbox.post(
                .finished(call: call, Answer(head: head, outcome: outcome, compresses: compresses)))
        }
        remember(call, frame, task, deadline: deadline, isOrdered: isOrdered)
    }

    func remember(
        _ call: UInt64, _ frame: Frame, _ task: Task<Void, Never>, deadline: ContinuousClock.Instant?,
        isOrdered: Bool
    ) {
        running[call] = RunningCall(
            sequence: frame.sequence, task: task, deadline: deadline, isOrdered: isOrdered,
            isOneway: frame.flags.contains(.oneway))
        if isOrdered { orderedIsRunning = true }
        scheduleDeadline(deadline)
    }

    func cancel(sequence: UInt16) {
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
    func scheduleDeadline(_ deadline: ContinuousClock.Instant?) {
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

    func deadlinePassed() {
        callDeadline = nil
        let now = ContinuousClock.now
        for call in running.values where call.deadline.map({ $0 <= now }) ?? false { call.task.cancel() }
        scheduleDeadline(running.values.compactMap(\.deadline).filter { $0 > now }.min())
    }
}
