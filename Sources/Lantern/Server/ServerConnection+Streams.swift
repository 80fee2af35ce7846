import LanternValue
import LanternWire
import NIOCore

/// Pushed item streams: results that we produce, arguments that the caller does.
extension ServerConnection: StreamCarrier {
    func carry(_ frame: Frame, body: [UInt8]) {
        do {
            try FrameEncoder.encode(frame, body: body, into: &output, limits: core.frameLimits)
        } catch {
            end("\(error)")
        }
    }

    var takesMore: Bool {
        if output.readableBytes >= OutgoingStream.maximumPending { flush() }
        return context?.channel.isWritable ?? false
    }

    /// The new policy is in force before the notice of it has come to this event loop. What a reader is told does
    /// not depend on which of the two comes first.
    func endForbidden() -> Bool { heedPolicy() }

    /// Made at the first stream: most connections have none.
    private var streams: PushedStreams {
        if let pushed { return pushed }
        var limits = core.limits.pushedStreams
        limits.itemSize = min(limits.itemSize, core.limits.messageSize - StreamItems.headSize)
        limits.perConnection = max(1, min(limits.perConnection, core.limits.handlersPerConnection / 2))
        let mailbox = self.mailbox
        let made = PushedStreams(
            PushedStreams.Setup(
                side: .server, limits: limits, version: decoder.version ?? .v502, errors: core.errors,
                decoding: core.limits.decoding, lifetime: core.limits.streamLifetime,
                eventLoop: mailbox.eventLoop, post: { mailbox.post(.stream($0)) }),
            carrier: self)
        pushed = made
        return made
    }

    func heedStream(_ frame: Frame) {
        do { try streams.received(frame) } catch { end("\(error)") }
    }

    /// Answers a call with a stream.
    func push(_ source: OutgoingSource, to head: Answer.Head, with annotations: CallAnnotations? = nil) {
        guard let format = head.serializer.format else { return end("a stream in no serializer") }
        var source = source
        if source.runsOnLoop { source.executor = executor }
        if let numbers = streams.open([source], as: format) {
            let opened = CallExecution.Outcome.opened(numbers)
            return answer(annotations.map { .annotated(opened, $0) } ?? opened, to: head)
        }
        let record = core.errors.exception(
            for: StreamPlaces.full, version: head.version, peerIsLantern: true, place: "result")
        answer(.exception(ExceptionPayload.encode(record, version: head.version, as: format)), to: head)
    }

    /// The streams that a call brings; nil for most calls.
    func streamArguments(of frame: Frame) -> StreamArguments? {
        guard !frame.annotations.isEmpty, let data = frame.annotations[.pushedStreams],
            judge?.kind.pushesStreams == true, let format = frame.serializer.format
        else { return nil }
        do {
            let numbers = try StreamNumbers(reading: data, maximum: StreamLimits.argumentsPerCall)
            let readers = try streams.accept(numbers, as: format).map { $0.map { PushedReader($0) } }
            guard !readers.contains(where: { $0 == nil }) else {
                return StreamArguments(refusing: StreamPlaces.full)
            }
            return StreamArguments(readers.compactMap(\.self))
        } catch {
            end("\(error)")
            return nil
        }
    }
}
