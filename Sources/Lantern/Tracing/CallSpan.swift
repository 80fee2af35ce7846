import LanternTrust
import LanternWire
import Tracing

/// The span of one call, at either end.
///
/// Attributes follow OpenTelemetry's conventions for remote calls. Arguments, results and the texts of errors never go into
/// a span: of an error it has the type.
struct CallSpan: Sendable {
    private let span: any Span
    /// What goes along with the call.
    let context: TraceContext?

    /// A call that is made here; its parent is the span in whose task that happens.
    init(_ tracer: any Tracer, calling method: String, on object: String) {
        let span = tracer.startSpan("\(object)/\(method)", ofKind: .client)
        Self.describe(span, object, method)
        var carrier = TraceCarrier()
        tracer.inject(span.context, into: &carrier, using: TraceCarrier.Writing())
        self.span = span
        context = carrier.context
    }

    /// A call that is served here; its parent is the one that came with it.
    init(_ tracer: any Tracer, serving call: ServedCall) {
        var parent = ServiceContext.topLevel
        tracer.extract(TraceCarrier(received: call.request), into: &parent, using: TraceCarrier.Reading())
        let span = tracer.startSpan("\(call.object)/\(call.method)", context: parent, ofKind: .server)
        Self.describe(span, call.object, call.method)
        span.attributes["lantern.peer.identity"] = call.caller.peer.identity.description
        span.attributes["lantern.correlation_id"] = call.correlation.description
        self.span = span
        context = nil
    }

    private static func describe(_ span: any Span, _ object: String, _ method: String) {
        span.attributes["rpc.system"] = "lantern"
        span.attributes["rpc.service"] = object
        span.attributes["rpc.method"] = method
    }

    /// Runs work whose own spans are children of this one.
    func around<Result>(_ work: () async -> Result) async -> Result {
        await ServiceContext.$current.withValue(span.context) { await work() }
    }

    /// - Parameter error: what the call ended with.
    func end(_ error: (any Error)? = nil) {
        if let error { fail(Self.type(of: error)) }
        span.end()
    }

    /// The call is answered with an exception.
    func fail(_ type: String) {
        span.attributes["error.type"] = type
        span.setStatus(.init(code: .error))
    }

    private static func type(of error: any Error) -> String {
        switch error {
        case let error as RemoteError: String(error.type.prefix(128))
        case let error as LanternError: "\(error.code)"
        default: "\(Swift.type(of: error))"
        }
    }
}

extension Settings {
    /// The tracer that calls are traced with; nil when there is none, and then nothing of tracing is done.
    var chosenTracer: (any Tracer)? {
        if let tracer { return tracer is NoOpTracer ? nil : tracer }
        let found = InstrumentationSystem.tracer
        return found is NoOpTracer ? nil : found
    }
}
