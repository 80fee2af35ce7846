import Lantern
import LanternValue
import NIOConcurrencyHelpers

/// What peers call: each way of taking arguments and answering.
@Remote
protocol Target: Sendable {
    var name: String { get async throws }
    @Setter("name") func setName(_ value: String) async throws
    func echo(_ value: Value) async throws -> Value
    func add(_ number: Int, by more: Int?) async throws -> Int
    @Oneway func log(_ line: String) async throws
    func secret() async throws
    func fail(_ text: String) async throws
    /// Until it is cancelled.
    func wait() async throws
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int>
    func sum(_ numbers: RemoteStream<Int>) async throws -> Int
    func doubled(_ numbers: RemoteStream<Int>) async throws -> RemoteStream<Int>
    func process(_ blob: SerializedBlob) async throws -> Int
    /// Calls the other one back.
    func call(_ other: any Target, _ value: Value) async throws -> Value
    func sumOf(_ other: any Target, upTo limit: Int) async throws -> Int
    func keep(_ others: [any Target]) async throws -> (any Target)?
}

final class TargetService: Target {
    private let kept = NIOLockedValueBox<String>("target")

    var name: String { kept.withLockedValue { $0 } }
    func setName(_ value: String) { kept.withLockedValue { $0 = value } }
    func echo(_ value: Value) -> Value { value }
    func add(_ number: Int, by more: Int?) throws -> Int {
        let (sum, isOver) = number.addingReportingOverflow(more ?? 1)
        guard !isOver else { throw RemoteError(type: "builtins.OverflowError", message: "\(number)") }
        return sum
    }
    func log(_ line: String) {}
    func secret() {}
    func fail(_ text: String) throws { throw RemoteError(type: "builtins.ValueError", message: text) }
    func wait() async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        defer { continuation.finish() }
        for await _ in stream {}
        throw CancellationError()
    }
    func numbers(upTo limit: Int) -> RemoteStream<Int> { RemoteStream(0..<max(0, min(limit, 10_000))) }
    func sum(_ numbers: RemoteStream<Int>) async throws -> Int {
        var sum = 0
        for try await number in numbers { sum &+= number }
        return sum
    }
    func doubled(_ numbers: RemoteStream<Int>) -> RemoteStream<Int> { RemoteStream(numbers.map { $0 &* 2 }) }
    func process(_ blob: SerializedBlob) throws -> Int { try blob.deserialized().elements?.count ?? 0 }
    func call(_ other: any Target, _ value: Value) async throws -> Value { try await other.echo(value) }
    func sumOf(_ other: any Target, upTo limit: Int) async throws -> Int {
        try await sum(other.numbers(upTo: limit))
    }
    func keep(_ others: [any Target]) -> (any Target)? { others.last }
}
