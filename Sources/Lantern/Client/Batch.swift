public import LanternValue
import LanternWire

/// Calls to one object that travel in one message and run there in order.
///
/// ```swift
/// var batch = proxy.batch()
/// batch.add("store", "lamp", "ann")
/// batch.add("list")
/// for result in try await batch.run() { print(try result.get()) }
/// ```
///
/// The first call that fails ends the batch, as in Pyro: its error is the last result.
public struct Batch: Sendable {
    private let remote: RemoteProxy
    private var calls: [(method: String, positional: [Value], keywords: [(String, Value)])] = []

    /// What a batch is called in traces, as it is on the wire.
    private static let spanName = "<batch>"

    public init(_ remote: RemoteProxy) {
        self.remote = remote
    }

    public var count: Int { calls.count }

    /// Adds a call; nothing is sent yet.
    public mutating func add(
        _ method: String, _ arguments: Value..., keywords: KeyValuePairs<String, Value> = [:]
    ) {
        calls.append((method, arguments, keywords.map { ($0.key, $0.value) }))
    }

    /// Sends the calls and gives their results in order; fewer than calls when one failed.
    ///
    /// - Throws: when the batch as a whole was refused: a method that does not exist or is not allowed.
    public func run() async throws -> [Result<Value, any Error>] {
        let answer = try await remote.send(flags: .batch, method: Self.spanName, body: body)
        guard let results = try answer.value().elements else {
            throw LanternError(.protocolViolation, "the answer to a batch is no list")
        }
        return results.map { value in
            guard let failure = Self.wrapped(value) else { return .success(value) }
            return .failure(remote.error(for: failure))
        }
    }

    /// Sends the calls without waiting for an answer.
    public func runOneway() async throws {
        _ = try await remote.send(flags: [.batch, .oneway], method: Self.spanName, body: body)
    }

    private func body(_ object: String, _ format: SerializerFormat) throws -> [UInt8] {
        try CallWriter.batch(format: format, object: object, calls: calls)
    }

    private static func wrapped(_ value: Value) -> ExceptionRecord? {
        guard let name = value["__class__"]?.textValue, name.hasSuffix("._ExceptionWrapper") else {
            return nil
        }
        return value["exception"].flatMap { ExceptionRecord($0) }
    }
}
