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
    /// The connection's way out.
    struct Output {
        /// Puts a frame into it.
        let write: Write
        let flush: () -> Void
        /// Whether the peer takes what is sent.
        let isWritable: () -> Bool
    }

    private let output: Output
    /// Calls that wait until the peer reads: so many that a peer that does not read costs no more.
    private var queue = CircularBuffer<PendingCall>()
    private static let maximumQueue = 4_096
    private var session = ClientSession<PendingCall>()
    /// How many calls wait, by correlation id: who calls back with the same one is waited for.
    private var chains: [CorrelationID: Int] = [:]
    private var timer: Scheduled<Void>?
    private var nextDeadline: ContinuousClock.Instant?

    init(kind: PeerKind, address: String, eventLoop: any EventLoop, output: Output) {
        self.address = address
        self.eventLoop = eventLoop
        self.output = output
        session.opened(kind)
    }

    /// Whether an answer is to come: the connection must be read on for it.
    var isWaiting: Bool { !chains.isEmpty }

    func isWaiting(in chain: CorrelationID?) -> Bool { chain.map { chains[$0] != nil } ?? false }

    func start(_ call: PendingCall) {
        call.isStarted = true
        if call.isCancelled { return call.resume(.failure(CancellationError())) }
        guard session.canSend, queue.count < Self.maximumQueue else {
            return call.resume(
                .failure(LanternError(.overloaded, "too many callbacks to \(address) are under way")))
        }
        if queue.isEmpty, output.isWritable() { return put(call) }
        queue.append(call)
        scheduleDeadline(call.deadline)
    }

    /// The peer reads again.
    func resume() {
        while output.isWritable(), session.canSend, let call = queue.popFirst() {
            guard call.continuation != nil else { continue }
            put(call)
            output.flush()
        }
    }

    private func put(_ call: PendingCall) {
        call.frame.deadline = CallDeadline(ContinuousClock.now.duration(to: call.deadline))
        let sequence = session.send(call.isOneway ? nil : call)
        call.sequence = sequence
        call.frame.sequence = sequence
        do {
            try output.write(call.frame, call.body)
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
        for call in queue { call.resume(.failure(error)) }
        queue = []
        chains = [:]
    }

    private func giveUp(_ call: PendingCall, error: any Error) {
        guard call.continuation != nil else { return }
        // One that waits in the queue is passed over when its turn comes.
        guard let sequence = call.sequence else { return call.resume(.failure(error)) }
        guard session.abandon(sequence) != nil else { return }
        leaveChain(call)
        call.resume(.failure(error))
        try? output.write(.cancel(sequence: sequence, version: call.frame.version), [])
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
        let waiting = session.waiting + queue.filter { $0.continuation != nil }
        for call in waiting where call.deadline <= now {
            giveUp(
                call, error: LanternError(.timeout, "the callback to \(address) was not answered in time"))
        }
        if let next = waiting.map(\.deadline).filter({ $0 > now }).min() { scheduleDeadline(next) }
        output.flush()
    }
}
