import LanternWire
import Tracing

/// What a tracer writes into a call and reads from one. Of all that it may want to send only the two texts of W3C Trace
/// Context travel; baggage does not, since what it holds is nobody's business at the other end.
struct TraceCarrier: Sendable {
    private(set) var parent: String?
    private(set) var state: String?

    init() {}

    /// What came with a call; what breaks the rules is not there.
    init(received annotations: Annotations) {
        guard let context = TraceContext(annotations) else { return }
        parent = context.parent
        state = context.state
    }

    /// What may be sent; nil when the tracer wrote nothing that does.
    var context: TraceContext? { parent.flatMap { TraceContext(parent: $0, state: state) } }

    struct Writing: Injector {
        func inject(_ value: String, forKey key: String, into carrier: inout TraceCarrier) {
            switch key.lowercased() {
            case "traceparent": carrier.parent = value
            case "tracestate": carrier.state = value
            default: break
            }
        }
    }

    struct Reading: Extractor {
        func extract(key: String, from carrier: TraceCarrier) -> String? {
            switch key.lowercased() {
            case "traceparent": carrier.parent
            case "tracestate": carrier.state
            default: nil
            }
        }
    }
}
