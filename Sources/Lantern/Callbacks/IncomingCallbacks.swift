import LanternValue
import LanternWire
import Logging
import NIOCore

/// Calls that come to the client's end of a connection, to objects that were handed out on it.
///
/// Lives on the connection's event loop. Every call is judged as a daemon judges its calls. No more than
/// ``ReferenceSettings/handlersPerConnection`` handlers run at once and others wait in line; a call that belongs to
/// one of our own calls under way goes past the line, so that calls there and back never wait for each other.
final class IncomingCallbacks {
    private struct Running {
        let sequence: UInt16
        let task: Task<Void, Never>
        let deadline: ContinuousClock.Instant
    }

    private struct Parked {
        let frame: Frame
        let arrival: ContinuousClock.Instant
        var isCancelled = false
    }

    typealias Write = (Answer) -> Void

    private let judge: CallJudge
    private let mailbox: LoopMailbox<ClientChannelHandler.Message>
    private let write: Write
    private let isWritable: () -> Bool
    private var running: [UInt64: Running] = [:]
    private var parked = CircularBuffer<Parked>()
    private var parkedBytes = 0
    private var last: UInt64 = 0
    private var lastCorrelation = CorrelationID.random()
    private var timer: Scheduled<Void>?
    private var nextDeadline: ContinuousClock.Instant?

    /// Calls and bytes of calls that may wait in line; more are refused.
    static let maximumParked = 4_096
    static let maximumParkedBytes = 16 << 20

    /// - Parameters:
    ///   - write: puts an answer into the connection's output.
    ///   - isWritable: whether the peer takes what is sent.
    init(
        judge: CallJudge, mailbox: LoopMailbox<ClientChannelHandler.Message>, write: @escaping Write,
        isWritable: @escaping () -> Bool
    ) {
        self.isWritable = isWritable
        self.judge = judge
        self.mailbox = mailbox
        self.write = write
    }

    var isIdle: Bool { running.isEmpty && parked.isEmpty }

    private var core: DaemonCore { judge.core }
    private var maximum: Int { core.limits.handlersPerConnection }

    /// Nothing is begun while the peer does not read its answers.
    ///
    /// - Parameter isNested: whether one of our own calls waits for it.
    /// - Throws: ``LanternError/Code/protocolViolation`` for a peer that does not read and calls on and on.
    func received(_ frame: Frame, isNested: (CorrelationID) -> Bool) throws {
        let call = Parked(frame: frame, arrival: .now)
        let isWritable = isWritable()
        if isWritable {
            if parked.isEmpty, running.count < maximum { return begin(call) }
            if let chain = frame.correlationID, running.count < 2 * maximum, isNested(chain) {
                return begin(call)
            }
        }
        let size = frame.payload.readableBytes
        guard parked.count < Self.maximumParked, parkedBytes + size <= Self.maximumParkedBytes else {
            guard isWritable else {
                throw LanternError(.protocolViolation, "the server does not read answers to its callbacks")
            }
            return refuse(frame, LanternError(.overloaded, "too many callbacks wait at the client"))
        }
        parked.append(call)
        parkedBytes += size
    }

    func cancel(sequence: UInt16) {
        for call in running.values where call.sequence == sequence { call.task.cancel() }
        guard let index = parked.firstIndex(where: { $0.frame.sequence == sequence && !$0.isCancelled })
        else { return }
        // It keeps its place until its answer can be sent.
        parked[index].isCancelled = true
        if isWritable() { refuse(unpark(at: index).frame, CancellationError()) }
    }

    /// The rules changed: calls that may run by rules that do not count any more are stopped.
    func policyChanged() {
        guard judge.followPolicy() else { return }
        for call in running.values { call.task.cancel() }
    }

    /// Begins what waits, as far as there is room.
    func resume() {
        while isWritable(), running.count < maximum, !parked.isEmpty {
            let next = unpark(at: parked.startIndex)
            if next.isCancelled { refuse(next.frame, CancellationError()) } else { begin(next) }
        }
    }

    private func unpark(at index: CircularBuffer<Parked>.Index) -> Parked {
        let call = parked.remove(at: index)
        parkedBytes -= call.frame.payload.readableBytes
        return call
    }

    func finished(_ call: UInt64, _ answer: Answer) {
        guard running.removeValue(forKey: call) != nil else { return }
        write(answer)
        resume()
    }

    /// The connection is gone: nobody will get the answers.
    func close() {
        timer?.cancel()
        for call in running.values { call.task.cancel() }
        running = [:]
        parked = []
        parkedBytes = 0
        core.streams.connectionEnded(judge.caller.connection, now: .now)
        let resources = judge.caller.scope.resources.end()
        guard !resources.isEmpty else { return }
        // Nobody waits for this: the connection is gone.
        Task.detached(executorPreference: HandlerExecutor.shared) {
            for resource in resources { await resource.close() }
        }
    }

    private func begin(_ call: Parked) {
        var frame = call.frame
        if frame.correlationID == nil {
            lastCorrelation = lastCorrelation.following
            frame.correlationID = lastCorrelation
        }
        switch judge.judge(frame, now: call.arrival) {
        case .run(let execution): run(execution, frame)
        case .refuse(let error, let context, let denial):
            core.logger.warning(
                "callback refused",
                metadata: [
                    "identity": "\(context.peer.identity)", "object": "\(context.object.prefix(128))",
                    "method": "\(context.method.prefix(128))", "reason": "\(denial?.reason ?? "\(error)")",
                ])
            refuse(frame, error)
        case .unanswerable(let reason):
            core.logger.warning("callback refused", metadata: ["reason": "\(reason)"])
            // The caller's own deadline ends it: there is no serializer to answer in.
            refuse(frame, LanternError(.serialization, reason))
        }
    }

    private func run(_ execution: CallExecution, _ frame: Frame) {
        last &+= 1
        let call = last
        let head = Answer.Head(frame)
        let mailbox = self.mailbox
        let compresses = core.compressesAnswers
        let task = Task.detached(executorPreference: HandlerExecutor.shared) {
            let outcome = await execution.run()
            mailbox.post(
                .answered(call, Answer(head: head, outcome: outcome, compresses: compresses)))
        }
        running[call] = Running(sequence: frame.sequence, task: task, deadline: execution.endsBy)
        scheduleDeadline(execution.endsBy)
    }

    private func refuse(_ frame: Frame, _ error: any Error) {
        guard !frame.flags.contains(.oneway), let format = frame.serializer.format else { return }
        let record = core.errors.exception(
            for: error, version: frame.version, peerIsLantern: true, place: "callback")
        let payload = ExceptionPayload.encode(record, version: frame.version, as: format)
        write(Answer(head: .init(frame), outcome: .exception(payload), compresses: false))
    }

    // MARK: - Deadlines

    private func scheduleDeadline(_ deadline: ContinuousClock.Instant) {
        if let nextDeadline, nextDeadline <= deadline { return }
        timer?.cancel()
        nextDeadline = deadline
        let bound = NIOLoopBound(self, eventLoop: mailbox.eventLoop)
        let wait = TimeAmount(ContinuousClock.now.duration(to: deadline))
        timer = mailbox.eventLoop.scheduleTask(in: wait) { bound.value.deadlinePassed() }
    }

    private func deadlinePassed() {
        nextDeadline = nil
        let now = ContinuousClock.now
        for call in running.values where call.deadline <= now { call.task.cancel() }
        if let next = running.values.map(\.deadline).filter({ $0 > now }).min() { scheduleDeadline(next) }
    }
}
