import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import NIOCore

/// Carries out on one connection what ``ClientSession`` decides: the NIO glue of the client side.
final class ClientChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Message: Sendable {
        case call(PendingCall)
        case cancel(PendingCall)
        /// A call of the far side has ended.
        case answered(UInt64, Answer)
        case stream(PushedStreams.Event)
        /// Another connection takes the calls from here on.
        case retire
        /// Something about the trust in the peer has changed.
        case trust(TrustNotice)
        case close
    }

    let handshake: ClientHandshake
    private let promise: EventLoopPromise<ClientHandshake.Result>
    let link: ConnectionLink
    let references: ClientReferences
    let id: ConnectionID
    /// The epoch under which TLS and the signed handshake judge the peer.
    let epoch: TrustEpoch
    private var stamp: EpochStamp?
    /// No new calls here by our own choice.
    private(set) var isRetired = false
    /// Whether the server asked for a connection that follows this one.
    private var isAskedToRenew = false
    /// Why the far side ends the connection, when it said so.
    private var farewell: String?
    /// Made when the far side calls for the first time.
    private(set) var callbacks: IncomingCallbacks?
    private var peer: AuthenticatedPeer?
    var session = ClientSession<PendingCall>()
    private var decoder = FrameDecoder(limits: .beforeAuthentication)
    /// Calls that wait for their turn: towards Pyro peers, and while the connection is being opened.
    var queue: [PendingCall] = []
    var queueStart = 0
    private(set) var context: ChannelHandlerContext?
    var output = ByteBuffer()
    var pushed: PushedStreams?
    private(set) var failure: (any Error)?
    var deadlineTimer: Scheduled<Void>?
    var nextDeadline: ContinuousClock.Instant?
    private(set) var kind = PeerKind.pyro
    let keepAliveSettings: KeepAliveSettings
    var keepAlive = KeepAlive()
    var keepAliveTimer: Scheduled<Void>?
    var outgoing = OutgoingBytes()
    var probe: Scheduled<Void>?
    private var isInTurn = false
    /// A caller that waits for no answer may have more to send in this turn.
    private var callerWentOn = false
    /// Memory that turns use again.
    private var readyJobs: [UnownedJob] = []
    private var inbox: [Message] = []

    init(
        handshake: ClientHandshake, promise: EventLoopPromise<ClientHandshake.Result>, link: ConnectionLink,
        keepAlive: KeepAliveSettings, references: ClientReferences, id: ConnectionID, epoch: TrustEpoch
    ) {
        self.id = id
        self.epoch = epoch
        keepAliveSettings = keepAlive
        self.references = references
        self.handshake = handshake
        self.promise = promise
        self.link = link
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        link.mailbox.open { [unowned self] messages in self.received(messages) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(LanternError(.connectionLost, "the connection to \(handshake.address) was closed"))
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSEvent, case .established(let peer, let facts) = event {
            do {
                send(try handshake.request(peer: peer, facts: facts))
                flush()
            } catch {
                fail(error)
            }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        beginTurn()
        var bytes = unwrapInboundIn(data)
        endProbe()
        keepAlive.heard()
        decoder.append(&bytes)
        do {
            while self.context != nil, failure == nil, let frame = try decoder.next() { try received(frame) }
        } catch let error as LanternError {
            fail(error)
        } catch {
            let what =
                error is StreamViolation ? "broke the rules of item streams" : "sent what is no message"
            fail(LanternError(.protocolViolation, "\(handshake.address) \(what)", cause: error))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        endTurn()
        sendAll()
        if let message = decoder.takeUnfinished() {
            context.triggerUserOutboundEvent(UnfinishedMessage(message), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, pushed != nil || callbacks != nil {
            callbacks?.resume()
            pushed?.sendReady()
            flush()
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(
            failure
                ?? LanternError(
                    .connectionLost,
                    farewell.map { "\(handshake.address) ended the connection: \($0)" }
                        ?? "\(handshake.address) closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(ConnectFailure.error(for: error, address: handshake.address))
    }

    // MARK: - Turns

    /// Tasks that an answer woke and that prefer this loop run before the turn is over, so that their next calls
    /// leave in the same write.
    private func beginTurn() {
        guard !isInTurn else { return }
        isInTurn = true
        link.executor.beginTurn()
        link.mailbox.beginTurn()
    }

    /// Rounds of a turn: the calls of one round that ask for no answer let their callers make those of the next.
    private static let roundsOfTurn = 32
    /// Bytes to send past which a turn is over.
    private static let bytesOfTurn = 64 << 10

    private func endTurn() {
        guard isInTurn else { return }
        for _ in 0..<Self.roundsOfTurn where isInTurn && output.readableBytes < Self.bytesOfTurn {
            // Jobs are anybody's code: nothing of the handler is held while they run.
            var jobs: [UnownedJob] = []
            swap(&jobs, &readyJobs)
            link.executor.runReady(&jobs)
            swap(&jobs, &readyJobs)
            link.mailbox.exchange(&inbox)
            callerWentOn = false
            take(inbox)
            inbox.removeAll(keepingCapacity: true)
            guard callerWentOn else { break }
        }
        // A connection that failed meanwhile has ended its turn.
        guard isInTurn else { return }
        isInTurn = false
        link.executor.endTurn()
        link.mailbox.endTurn()
    }

    // MARK: - Frames in

    private func received(_ frame: Frame) throws {
        if frame.isPing, kind.isLantern {
            // One that asks and does not read its answers gets none: they would pile up here.
            if context?.channel.isWritable == true { send(.pong(answering: frame)) }
            return
        }
        switch session.received(frame.type, sequence: frame.sequence) {
        case .answer(let call):
            if frame.flags.contains(.itemStreamResult) { try takeStream(frame, for: call) }
            call.resume(.success(frame))
            closeIfDrained()
        case .ignored:
            // Nobody takes it, so that it is stopped at once.
            if frame.flags.contains(.itemStreamResult) { try acceptStream(frame)?.stop() }
            closeIfDrained()
        case .stream:
            try streams.received(frame)
            closeIfDrained()
        case .handshake:
            let result = try handshake.answer(frame)
            stamp = try admit(result.peer)
            kind = result.kind
            peer = result.peer
            session.opened(result.kind)
            if kind.speaks(.callbacks) { references.handedOut.open() }
            decoder.limits = handshake.frameLimits
            decoder.acceptsExtensions = result.kind.isLantern
            promise.succeed(result)
            watchPeer(after: keepAliveSettings.tick)
        case .drain:
            farewell = frame.drainReason
            giveUpQueue()
        case .renew:
            // Once is enough: a renewal that fails is tried again, and a server cannot keep us at it.
            if !isAskedToRenew { link.wantRenewal() }
            isAskedToRenew = true
        case .call: try incomingCallbacks().received(frame, isNested: isNested(_:))
        case .cancelCall: callbacks?.cancel(sequence: frame.sequence)
        case .violation(let text):
            fail(LanternError(.protocolViolation, "\(handshake.address): \(text)"))
        }
    }

    /// No new calls here: those in line go to another connection.
    private func giveUpQueue() {
        link.retire()
        let reason = CallNotSent(
            reason: LanternError(.shuttingDown, "\(handshake.address) takes no new calls"))
        for call in queue[queueStart...] { call.resume(.failure(reason)) }
        queue = []
        queueStart = 0
        closeIfDrained()
    }

    private func retire() {
        guard !isRetired else { return }
        isRetired = true
        session.retire()
        giveUpQueue()
    }

    /// Objects that were handed out live as long as the connection, so one that only retired waits for them.
    func closeIfDrained() {
        guard case .draining = session.state, session.isEmpty, pushed?.isIdle ?? true,
            callbacks?.isIdle ?? true, !isRetired || references.handedOut.count == 0
        else { return }
        flush()
        context?.close(promise: nil)
    }

    // MARK: - Calls in

    private func incomingCallbacks() throws -> IncomingCallbacks {
        if let callbacks { return callbacks }
        guard let peer else { throw LanternError(.protocolViolation, "a call before the handshake") }
        let judge = CallJudge(
            core: try references.client.callbackCore(), peer: peer, kind: kind, address: handshake.address,
            connection: .next(), instances: InstanceScope(), references: references,
            handedOut: references.handedOut, epoch: stamp)
        let callbacks = IncomingCallbacks(
            judge: judge, mailbox: link.mailbox,
            write: { [unowned self] answer in self.write(answer) },
            isWritable: { [unowned self] in self.context?.channel.isWritable ?? false })
        self.callbacks = callbacks
        return callbacks
    }

    private func write(_ answer: Answer) {
        guard let (frame, body) = answer.frame else { return }
        do {
            try FrameEncoder.encode(frame, body: body, into: &output, limits: handshake.frameLimits)
        } catch {
            if let smaller = frame.saying(error, errors: references.client.errors) { send(smaller) }
        }
    }

    /// Whether a call of ours waits for what belongs to this chain of calls.
    private func isNested(_ chain: CorrelationID) -> Bool {
        session.waiting.contains { $0.frame.correlationID == chain }
    }

    // MARK: - Calls out

    private func received(_ messages: [Message]) {
        beginTurn()
        take(messages)
        endTurn()
        sendAll()
    }

    /// Calls and stream items that wait, as far as they may go now.
    private func sendAll() {
        sendQueued()
        if let pushed {
            pushed.sendReady()
            closeIfDrained()
        }
        flush()
    }

    private func take(_ messages: [Message]) {
        for message in messages {
            switch message {
            case .call(let call): start(call)
            case .cancel(let call): cancel(call)
            case .answered(let call, let answer):
                callbacks?.finished(call, answer)
                closeIfDrained()
            case .stream(let event): pushed?.handle(event)
            case .retire: retire()
            case .trust(let notice): trustChanged(notice)
            case .close: close()
            }
        }
    }

    private func start(_ call: PendingCall) {
        call.isStarted = true
        if call.isCancelled { return call.resume(.failure(CancellationError())) }
        if let failure { return call.resume(.failure(CallNotSent(reason: failure))) }
        if case .draining = session.state {
            let reason = LanternError(.shuttingDown, "\(handshake.address) takes no new calls")
            return call.resume(.failure(CallNotSent(reason: reason)))
        }
        if queueStart == queue.count, session.canSend { return put(call) }
        queue.append(call)
        scheduleDeadline(call.deadline)
    }

    func sendQueued() {
        while queueStart < queue.count, session.canSend {
            let call = queue[queueStart]
            queueStart += 1
            if call.continuation != nil { put(call) }
        }
        if queueStart == queue.count, queueStart > 0 {
            queue.removeAll(keepingCapacity: true)
            queueStart = 0
        }
    }

    private func put(_ call: PendingCall) {
        if kind.isLantern {
            let left = ContinuousClock.now.duration(to: call.deadline)
            call.frame.deadline = CallDeadline(left)
        }
        if !call.streams.isEmpty, let error = open(call) { return call.resume(.failure(error)) }
        let sequence = session.send(call.isOneway ? nil : call)
        call.sequence = sequence
        call.frame.sequence = sequence
        do {
            try FrameEncoder.encode(
                call.frame, body: call.body, into: &output, limits: handshake.frameLimits)
            call.body = []
        } catch {
            _ = session.withdraw(sequence)
            stopStreams(of: call)
            return call.resume(.failure(LanternError(.serialization, "the call cannot be sent: \(error)")))
        }
        if call.isOneway {
            callerWentOn = true
            call.resume(.success(call.frame))
        } else {
            scheduleDeadline(call.deadline)
        }
    }

    // MARK: - Writing and ends

    func send(_ frame: Frame) {
        do {
            try FrameEncoder.encode(frame, into: &output)
        } catch {
            fail(error)
        }
    }

    func flush() {
        guard let context, output.readableBytes > 0 else { return }
        let buffer = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func close() {
        flush()
        context?.close(promise: nil)
    }

    func fail(_ error: any Error) {
        if failure == nil { failure = error }
        finish(failure ?? error)
        context?.close(promise: nil)
    }

    private func finish(_ error: any Error) {
        if failure == nil { failure = error }
        if isInTurn {
            // The end of the turn will not come any more; the mailbox is closed below.
            isInTurn = false
            link.executor.endTurn()
        }
        deadlineTimer?.cancel()
        keepAliveTimer?.cancel()
        endProbe()
        promise.fail(error)
        link.retire()
        references.client.trust.remove(id)
        references.handedOut.close()
        callbacks?.close()
        pushed?.connectionEnded(error)
        for call in session.close() { call.resume(.failure(error)) }
        for call in queue[queueStart...] { call.resume(.failure(CallNotSent(reason: error))) }
        queue = []
        queueStart = 0
        for case .call(let call) in link.mailbox.close() { call.resume(.failure(CallNotSent(reason: error))) }
    }
}
