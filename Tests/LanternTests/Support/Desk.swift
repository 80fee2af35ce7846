import Lantern
import LanternTrust
import LanternValue
import Synchronization

/// A contract with attributes of every kind, blobs, and what a call context can do.
@Remote
protocol Desk: Sendable {
    var name: String { get async throws }
    @Setter("name") func setName(_ value: String) async throws
    @Name("limit") var currentLimit: Int? { get async throws }
    @Setter("limit") func change(limit: Int?) async throws
    var fixed: Int { get async throws }
    var changes: RemoteStream<Int> { get async throws }
    var points: RemoteStream<Point> { get async throws }
    @Name("__len__") func count() async throws -> Int
    func process(_ blob: SerializedBlob) async throws -> Int
    @Oneway func drop(_ blob: SerializedBlob) async throws
    func pass(_ blob: SerializedBlob) async throws -> Int
    func optional(_ value: Int?) async throws -> Int
    /// Sends back the caller's annotation ECHO as BACK, then fails if asked to.
    func tag(failing: Bool) async throws -> [String]
    func tagged(upTo limit: Int) async throws -> RemoteStream<Int>
    func correlation(hops: Int) async throws -> [String]
    func hold(_ name: String) async throws
    func release(_ name: String) async throws
    func problem() async throws -> RemoteError
    func order(_ order: Order) async throws -> Order
}

struct Order: Codable, Sendable, Equatable {
    var number: Int
    var point: Point
}

struct OutOfStock: RemoteThrowable, Equatable {
    var item: String
    var left: Int
    var message: String { "no \(item)" }
}

actor DeskService: Desk {
    var name = "desk"
    var currentLimit: Int?
    let fixed = 7
    let gate: Gate
    /// Whom blobs and nested calls go on to.
    private var next: (any Desk)?
    private(set) var dropped: [Value] = []
    private(set) var seen: [CallContext] = []
    private var held: [String: Held] = [:]

    init(gate: Gate = Gate()) { self.gate = gate }

    func passOn(to next: any Desk) { self.next = next }
    func setName(_ value: String) { name = value }
    func change(limit: Int?) throws {
        if let limit, limit < 0 { throw RemoteError(type: "builtins.ValueError", message: "negative") }
        currentLimit = limit
    }
    var changes: RemoteStream<Int> { RemoteStream(0..<3) }
    var points: RemoteStream<Point> {
        RemoteStream(
            AsyncStream { continuation in
                continuation.yield(Point(x: 1, y: 2))
                continuation.finish()
            })
    }
    func count() -> Int { 3 }

    func process(_ blob: SerializedBlob) throws -> Int {
        let data = try blob.deserialized()
        return (data.elements?.count ?? 0) + (blob.info["weight"]?.intValue ?? 0)
    }
    func drop(_ blob: SerializedBlob) {
        dropped.append(blob.info)
        gate.open("dropped")
    }
    func pass(_ blob: SerializedBlob) async throws -> Int {
        guard let next else { throw RemoteError(type: "builtins.LookupError", message: "nobody there") }
        return try await next.process(blob)
    }
    func optional(_ value: Int?) -> Int { value ?? -1 }

    func tag(failing: Bool) throws -> [String] {
        guard let context = CallContext.current else { return [] }
        seen.append(context)
        try context.setResponseAnnotation("BACK", to: context.annotations["ECHO"] ?? [])
        if failing { throw RemoteError(type: "builtins.ValueError", message: "after tagging") }
        return context.annotations.names
    }
    nonisolated func tagged(upTo limit: Int) -> RemoteStream<Int> {
        let next = Mutex(0)
        return RemoteStream {
            let number = next.withLock { number in
                defer { number += 1 }
                return number
            }
            guard number < limit else { return nil }
            if number != 1 { try CallContext.current?.setResponseAnnotation("ITEM", to: [UInt8(number)]) }
            return number
        }
    }
    func correlation(hops: Int) async throws -> [String] {
        let own = CallContext.current?.correlationID ?? "none"
        guard hops > 0, let next else { return [own] }
        return [own] + (try await next.correlation(hops: hops - 1))
    }

    /// Opens a gate when it is closed.
    final class Held: TrackedResource {
        let name: String
        let gate: Gate
        init(_ name: String, _ gate: Gate) { (self.name, self.gate) = (name, gate) }
        func close() async { gate.open("closed " + name) }
    }

    func hold(_ name: String) throws {
        let resource = Held(name, gate)
        held[name] = resource
        try CallContext.current?.track(resource)
    }
    func release(_ name: String) {
        if let resource = held.removeValue(forKey: name) { CallContext.current?.untrack(resource) }
    }
    func problem() -> RemoteError { RemoteError(type: "builtins.ValueError", message: "kept") }
    func order(_ order: Order) -> Order { Order(number: order.number + 1, point: order.point) }
}

/// A daemon with a desk, and a client that may call it.
struct DeskSide {
    let loopback: Loopback
    let service: DeskService
    let uri: String
    var gate: Gate { loopback.gate }

    init(
        rules: [PolicyRule] = [Loopback.allowAll], options: ObjectOptions = .init(),
        adjust: (inout Settings) -> Void = { _ in }, client: (inout Settings) -> Void = { _ in }
    ) async throws {
        loopback = try await Loopback(rules: rules, adjust: adjust, adjustClient: client)
        service = DeskService(gate: loopback.gate)
        uri = try await loopback.daemon.register(
            service, as: (any Desk).self, id: "desk", options: options
        ).description
    }

    func desk(_ options: ProxyOptions? = nil) throws -> any Desk {
        try loopback.client.proxy((any Desk).self, uri, options: options)
    }

    func dynamic(_ options: ProxyOptions? = nil) throws -> DynamicProxy {
        try loopback.client.dynamicProxy(uri, options: options)
    }

    func close() async { await loopback.close() }
}
