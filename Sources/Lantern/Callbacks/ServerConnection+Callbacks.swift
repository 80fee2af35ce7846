import CoreMetrics
import LanternWire
import NIOCore

/// Calls from this end to objects that the peer handed out.
extension ServerConnection {
    func callBack(_ call: PendingCall) {
        guard let judge, let context else {
            return call.resume(
                .failure(LanternError(.connectionLost, "the client of \(address) has disconnected")))
        }
        if callbacks == nil {
            callbacks = OutgoingCallbacks(
                kind: judge.kind, address: address, eventLoop: context.eventLoop,
                output: .init(
                    write: { [unowned self] frame, body in
                        try FrameEncoder.encode(
                            frame, body: body, into: &self.output, limits: self.core.frameLimits)
                    },
                    flush: { [unowned self] in self.flush() },
                    isWritable: { [unowned self] in self.context?.channel.isWritable ?? false }))
        }
        callbacks?.start(call)
    }

    func cancelCallBack(_ call: PendingCall) {
        if let callbacks { callbacks.cancel(call) } else { call.isCancelled = true }
    }

    func takeAnswer(_ frame: Frame) {
        guard let callbacks else { return end("an answer to no call") }
        if let problem = callbacks.received(frame) { end(problem) }
    }

    /// What to do with a call for which there is no room while calls of ours wait for this peer's answers.
    ///
    /// The connection is read on, because the answers must come in. A call that one of those calls waits for gets
    /// a place beside the others, up to twice their number; any other call waits in a line that is longer than
    /// usual, and is refused when that is full.
    ///
    /// - Returns: whether it may wait in line.
    func mayWait(_ call: ParkedCall, _ callbacks: OutgoingCallbacks) -> Bool {
        if callbacks.isWaiting(in: call.frame.correlationID),
            running.count < 2 * core.limits.handlersPerConnection
        {
            core.budget.overdraw()
            begin(call)
            return false
        }
        if parked.count < IncomingCallbacks.maximumParked, parkedBytes < IncomingCallbacks.maximumParkedBytes
        {
            return true
        }
        core.meters?.refused(LanternError(.overloaded, ""), isDenial: false)
        refuse(call.frame, LanternError(.overloaded, "too many calls wait on this connection"))
        return false
    }

    private func refuse(_ frame: Frame, _ error: LanternError) {
        guard !frame.flags.contains(.oneway), let format = frame.serializer.format else { return }
        let record = core.errors.exception(
            for: error, version: frame.version, peerIsLantern: true, place: "connection")
        let payload = ExceptionPayload.encode(record, version: frame.version, as: format)
        answer(.exception(payload), to: .init(frame))
    }

    /// The connection is gone: nobody will answer, and messages that are still under way reach nobody.
    func closeCallbacks() {
        let gone =
            judge.map { ServerReferences.gone($0.peer) } ?? LanternError(.connectionLost, "disconnected")
        callbacks?.close(gone)
        for message in mailbox.close() {
            switch message {
            case .placeGranted: core.budget.give()
            case .callBack(let call): call.resume(.failure(gone))
            default: break
            }
        }
    }
}
