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

    /// The RESULT to send; nil for a one-way call.
    var frame: Frame? {
        var frame = Frame(
            version: head.version, type: .result, sequence: head.sequence, serializer: head.serializer,
            correlationID: head.correlationID)
        switch outcome {
        case .silence: return nil
        case .result(let payload):
            frame.payload = ByteBuffer(bytes: payload)
        case .batch(let payload):
            frame.flags = .batch
            frame.payload = ByteBuffer(bytes: payload)
        case .exception(let payload):
            frame.flags = .exception
            // v48 answers exceptions without the correlation annotation.
            if head.version == .v48 { frame.correlationID = nil }
            frame.payload = ByteBuffer(bytes: payload)
        case .stream(let id, let payload):
            frame.flags = [.exception, .itemStreamResult]
            frame.annotations[.stream] = ByteBuffer(string: id)
            frame.payload = ByteBuffer(bytes: payload)
        }
        return frame
    }
}
