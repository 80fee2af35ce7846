import InMemoryTracing
import Tracing

/// A tracer in memory that speaks W3C Trace Context, as those of OpenTelemetry do.
struct W3CTracer: Tracer {
    let base: InMemoryTracer
    /// What it sends along as `tracestate`.
    var state: String?

    init(state: String? = nil) {
        self.state = state
        base = InMemoryTracer(
            idGenerator: .init(
                nextTraceID: { Self.digits(32) }, nextSpanID: { Self.digits(16) }))
    }

    private static func digits(_ count: Int) -> String {
        String((0..<count).map { _ in "123456789abcdef".randomElement() ?? "1" })
    }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> InMemorySpan {
        base.startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID,
            line: line)
    }

    func forceFlush() {}

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.inMemorySpanContext else { return }
        injector.inject("00-\(span.traceID)-\(span.spanID)-01", forKey: "traceparent", into: &carrier)
        injector.inject("secret=1", forKey: "baggage", into: &carrier)
        if let state { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier) else { return }
        let parts = parent.split(separator: "-").map(String.init)
        context.inMemorySpanContext = InMemorySpanContext(
            traceID: parts[1], spanID: parts[2], parentSpanID: nil)
        context.traceState = extractor.extract(key: "tracestate", from: carrier)
    }
}

extension ServiceContext {
    private enum TraceStateKey: ServiceContextKey {
        typealias Value = String
    }

    var traceState: String? {
        get { self[TraceStateKey.self] }
        set { self[TraceStateKey.self] = newValue }
    }
}
