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
    /// The payload in its compressed form, when it is sent so.
    private let packed: [UInt8]?

    /// - Parameter compresses: whether results travel compressed; exceptions never do, as in Pyro4.
    init(head: Head, outcome: CallExecution.Outcome, compresses: Bool) {
        self.head = head
        self.outcome = outcome
        switch outcome {
        case .result(let payload) where compresses, .batch(let payload) where compresses:
            packed = Compression.pack(payload)
        default: packed = nil
        }
    }

    /// The RESULT to send, whose payload stands beside it; nil for a one-way call.
    var frame: (head: Frame, body: [UInt8])? {
        var frame = Frame(
            version: head.version, type: .result, flags: packed == nil ? [] : .compressed,
            sequence: head.sequence, serializer: head.serializer, correlationID: head.correlationID)
        switch outcome {
        // A pushed stream needs a number first, which the connection gives.
        case .silence, .pushed: return nil
        case .result(let payload):
            return (frame, packed ?? payload)
        case .batch(let payload):
            frame.flags.insert(.batch)
            return (frame, packed ?? payload)
        case .exception(let payload):
            frame.flags = .exception
            // v48 answers exceptions without the correlation annotation.
            if head.version == .v48 { frame.correlationID = nil }
            return (frame, payload)
        case .opened(let numbers):
            frame.flags = [.exception, .itemStreamResult]
            frame.annotations[.pushedStreams] = numbers.data
            return (frame, [])
        case .stream(let id, let payload):
            frame.flags = [.exception, .itemStreamResult]
            frame.annotations[.stream] = ByteBuffer(string: id)
            return (frame, payload)
        }
    }
}
