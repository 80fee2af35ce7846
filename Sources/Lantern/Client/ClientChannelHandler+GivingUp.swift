import NIOCore

/// Calls that are not waited for any more: cancelled, or out of time.
extension ClientChannelHandler {
    func cancel(_ call: PendingCall) {
        call.isCancelled = true
        // Before it was handed over the call belongs to its own thread; starting it will find it cancelled.
        if call.isStarted { give(up: call, error: CancellationError()) }
    }

    /// Stops waiting for a call.
    ///
    /// A Lantern peer is told to stop working on it. A Pyro peer cannot be told and answers nothing else before it is
    /// done, so that the connection is of no more use: it ends, as Pyro's own client ends it, and the calls in line
    /// go to the next one.
    private func give(up call: PendingCall, error: any Error) {
        guard call.continuation != nil else { return }
        guard let sequence = call.sequence else { return call.resume(.failure(error)) }
        guard session.abandon(sequence) != nil else { return }
        stopStreams(of: call)
        call.resume(.failure(error))
        if kind.isLantern {
            send(.cancel(sequence: sequence, version: handshake.version))
        } else if case .open = session.state {
            fail(LanternError(.connectionLost, "\(handshake.address) did not answer an earlier call"))
        }
    }

    /// One timer for all calls of the connection: it stands at the earliest deadline.
    func scheduleDeadline(_ deadline: ContinuousClock.Instant) {
        guard let context else { return }
        if let nextDeadline, nextDeadline <= deadline { return }
        deadlineTimer?.cancel()
        nextDeadline = deadline
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let wait = TimeAmount(ContinuousClock.now.duration(to: deadline))
        deadlineTimer = context.eventLoop.scheduleTask(in: wait) { bound.value.deadlinePassed() }
    }

    private func deadlinePassed() {
        nextDeadline = nil
        let now = ContinuousClock.now
        let waiting = session.waiting + queue[queueStart...].filter { $0.continuation != nil }
        for call in waiting where call.deadline <= now {
            if call.sequence != nil { startProbe() }
            give(up: call, error: LanternError(.timeout, "\(handshake.address) did not answer in time"))
        }
        if let next = waiting.map(\.deadline).filter({ $0 > now }).min() { scheduleDeadline(next) }
        sendQueued()
        flush()
    }
}
