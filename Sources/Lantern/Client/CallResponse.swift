import LanternWire
import Synchronization

/// What came back beside the result of a call.
///
/// ```swift
/// let (items, response) = try await CallResponse.of { try await warehouse.list() }
/// print(response.annotations["TOKN"] ?? [], response.correlationID ?? "")
/// ```
///
/// It shows the answer that came last: make one call after the other with it. While an item stream is read it shows what
/// came with the latest item. An exception leaves no annotations, a one-way call nothing.
public final class CallResponse: Sendable {
    private struct State {
        var annotations = CallAnnotations()
        var correlation: CorrelationID?
    }

    private let state = Mutex(State())

    public init() {}

    /// Calls, and gives what came back beside the result.
    public static func of<T>(
        _ options: CallOptions = .init(), isolation: isolated (any Actor)? = #isolation,
        _ call: () async throws -> T
    ) async throws -> (T, CallResponse) {
        let response = CallResponse()
        var options = options
        options.response = response
        let result = try await ProxyOptions.$current.withValue(options) { try await call() }
        return (result, response)
    }

    public var annotations: CallAnnotations { state.withLock(\.annotations) }

    /// The UUID of the chain of calls that the answer belongs to.
    public var correlationID: String? { state.withLock { $0.correlation }?.description }

    func clear() { state.withLock { $0 = State() } }

    func record(_ frame: Frame) {
        let new = State(
            annotations: CallAnnotations(received: frame.annotations), correlation: frame.correlationID)
        state.withLock { $0 = new }
    }
}

extension CallResponse: Hashable {
    public static func == (one: CallResponse, other: CallResponse) -> Bool { one === other }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
