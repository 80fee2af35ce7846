import LanternValue
import LanternWire
import NIOCore

/// Answers on their way out: gathered in one buffer, one write for a turn of the loop.
extension ServerConnection {
    func answer(_ outcome: CallExecution.Outcome, to head: Answer.Head) {
        write(Answer(head: head, outcome: outcome, compresses: core.compressesAnswers))
    }

    func write(_ answer: Answer) {
        if case .pushed(let source) = answer.outcome { return push(source, to: answer.head) }
        guard let (frame, body) = answer.frame else { return }
        do {
            try FrameEncoder.encode(frame, body: body, into: &output, limits: core.frameLimits)
        } catch {
            // The answer is too large: say so instead of leaving the caller waiting.
            guard let smaller = tooLarge(frame, error) else { return end("\(error)") }
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

    func tooLarge(_ frame: Frame, _ error: any Error) -> Frame? {
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
}
