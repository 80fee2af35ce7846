import LanternWire
import NIOCore

/// What goes back for one INVOKE: the parts of its header that the answer repeats, and the outcome.
struct Answer: Sendable {
    struct Head: Sendable {
        let version: WireVersion
        let sequence: UInt16
        let serializer: WireSerializer
        let correlationID: CorrelationID?

        init(_ frame: Frame) {
            version = frame.version
            sequence = frame.sequence
            serializer = frame.serializer
            correlationID = frame.correlationID
        }
    }

    let head: Head
    let outcome: CallExecution.Outcome

    /// The RESULT to send, whose payload stands beside it; nil for a one-way call.
    var frame: (head: Frame, body: [UInt8])? {
        guard case .annotated(let outcome, let annotations) = outcome else { return plainFrame(outcome) }
        guard var plain = plainFrame(outcome) else { return nil }
        for entry in annotations.wire.entries { plain.head.annotations[entry.tag] = entry.data }
        return plain
    }

    private func plainFrame(_ outcome: CallExecution.Outcome) -> (head: Frame, body: [UInt8])? {
        var frame = Frame(
            version: head.version, type: .result, sequence: head.sequence, serializer: head.serializer,
            correlationID: head.correlationID)
        switch outcome {
        case .silence, .annotated: return nil
        case .result(let payload):
            return (frame, payload)
        case .batch(let payload):
            frame.flags = .batch
            return (frame, payload)
        case .exception(let payload):
            frame.flags = .exception
            // v48 answers exceptions without the correlation annotation.
            if head.version == .v48 { frame.correlationID = nil }
            return (frame, payload)
        case .stream(let id, let payload):
            frame.flags = [.exception, .itemStreamResult]
            frame.annotations[.stream] = ByteBuffer(string: id)
            return (frame, payload)
        }
    }
}
