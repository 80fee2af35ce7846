import LanternWire
import NIOCore

/// Calls from the server's end of a connection to objects that the client handed out on it.
///
/// Lives on the connection's event loop. The numbers of these calls have nothing to do with those of the client's
/// calls: who sent a frame tells the two directions apart.
final class OutgoingCallbacks {
    typealias Write = (Frame, [UInt8]) throws -> Void

    private let address: String
    private let eventLoop: any EventLoop
    private let write: Write
    private let flush: () -> Void
    private var session = ClientSession<PendingCall>()
    /// How many calls wait, by correlation id: who calls back with the same one is waited for.
    private var chains: [CorrelationID: Int] = [:]
    private var timer: Scheduled<Void>?
    private var nextDeadline: ContinuousClock.Instant?

    /// - Parameters:
    ///   - write: puts a frame into the connection's output.
    ///   - flush: sends the output, after a timer has written.
    init(
        kind: PeerKind, address: String, eventLoop: any EventLoop, write: @escaping Write,
        flush: @escaping () -> Void
    ) {
        self.flush = flush
        self.address = address
        self.eventLoop = eventLoop
        self.write = write
        session.opened(kind)
    }

    /// Whether an answer is to come: the connection must be read on for it.
    var isWaiting: Bool { !chains.isEmpty }

    func isWaiting(in chain: CorrelationID?) -> Bool { chain.map { chains[$0] != nil } ?? false }

    func start(_ call: PendingCall) {
        call.isStarted = true
        if call.isCancelled { return call.resume(.failure(CancellationError())) }
        guard session.canSend else {
            return call.resume(
                .failure(LanternError(.overloaded, "too many callbacks to \(address) are under way")))
        }
        call.frame.annotations[.deadline] = CallDeadline(ContinuousClock.now.duration(to: call.deadline)).data
        let sequence = session.send(call.isOneway ? nil : call)
        call.sequence = sequence
        call.frame.sequence = sequence
        do {
            try write(call.frame, call.body)
            call.body = []
        } catch {
            _ = session.withdraw(sequence)
            return call.resume(.failure(LanternError(.serialization, "the call cannot be sent: \(error)")))
        }
        if call.isOneway { return call.resume(.success(call.frame)) }
        if let chain = call.frame.correlationID { chains[chain, default: 0] += 1 }
        scheduleDeadline(call.deadline)
    }

    func cancel(_ call: PendingCall) {
        call.isCancelled = true
        if call.isStarted { giveUp(call, error: CancellationError()) }
    }

    /// - Returns: what is wrong with the answer, if something is.
    func received(_ frame: Frame) -> String? {
        switch session.received(frame.type, sequence: frame.sequence) {
        case .answer(let call):
            leaveChain(call)
            call.resume(.success(frame))
            return nil
        case .violation(let text): return text
        default: return nil
        }
    }

    func close(_ error: any Error) {
        timer?.cancel()
        for call in session.close() { call.resume(.failure(error)) }
        chains = [:]
    }

    private func giveUp(_ call: PendingCall, error: any Error) {
        guard call.continuation != nil else { return }
        guard let sequence = call.sequence, session.abandon(sequence) != nil else { return }
        leaveChain(call)
        call.resume(.failure(error))
        try? write(.cancel(sequence: sequence, version: call.frame.version), [])
    }

    private func leaveChain(_ call: PendingCall) {
        guard let chain = call.frame.correlationID, let count = chains[chain] else { return }
        chains[chain] = count > 1 ? count - 1 : nil
    }

    // MARK: - Deadlines

    private func scheduleDeadline(_ deadline: ContinuousClock.Instant) {
        if let nextDeadline, nextDeadline <= deadline { return }
        timer?.cancel()
        nextDeadline = deadline
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(in: TimeAmount(ContinuousClock.now.duration(to: deadline))) {
            bound.value.deadlinePassed()
        }
    }

    private func deadlinePassed() {
        nextDeadline = nil
        let now = ContinuousClock.now
        let waiting = session.waiting
        for call in waiting where call.deadline <= now {
            giveUp(
                call, error: LanternError(.timeout, "the callback to \(address) was not answered in time"))
        }
        if let next = waiting.map(\.deadline).filter({ $0 > now }).min() { scheduleDeadline(next) }
        flush()
    }
}
