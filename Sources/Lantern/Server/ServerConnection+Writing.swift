import CoreMetrics
import LanternValue
import LanternWire
import NIOCore

/// Answers on their way out: gathered in one buffer, one write for a turn of the loop.
extension ServerConnection {
    func answer(_ outcome: CallExecution.Outcome, to head: Answer.Head) {
        write(Answer(head: head, outcome: outcome, compresses: core.compressesAnswers))
    }

    func write(_ answer: Answer) {
        switch answer.outcome {
        case .pushed(let source): return push(source, to: answer.head)
        case .annotated(.pushed(let source), let annotations):
            return push(source, to: answer.head, with: annotations)
        default: break
        }
        guard let (frame, body) = answer.frame else { return }
        do {
            try FrameEncoder.encode(frame, body: body, into: &output, limits: core.frameLimits)
        } catch {
            // The answer is too large: say so instead of leaving the caller waiting.
            guard let smaller = frame.saying(error, errors: core.errors) else { return end("\(error)") }
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

    func flush() {
        guard let context, output.readableBytes > 0 else { return }
        if let meters = core.meters { meters.sent.increment(by: output.readableBytes) }
        let buffer = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }
}

extension Frame {
    /// The answer in place of this one, which cannot be sent.
    func saying(_ error: any Error, errors: ErrorTranslator) -> Frame? {
        guard let format = serializer.format else { return nil }
        let record = errors.exception(
            for: LanternError(.serialization, "the result cannot be sent: \(error)"), version: version,
            peerIsLantern: false, place: "result")
        var smaller = self
        smaller.flags = .exception
        smaller.annotations = Annotations()
        smaller.payload = ByteBuffer(
            bytes: ExceptionPayload.encode(record, version: version, as: format))
        return smaller
    }
}
