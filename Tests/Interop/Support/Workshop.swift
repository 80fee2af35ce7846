import Lantern
import LanternTrust
import LanternWire

/// The object of these tests; `workshop.py` has the same in Python.
@Remote
protocol Workshop: Sendable {
    func add(_ amount: Int) async throws -> Int
    func describe(name: String, times count: Int) async throws -> String
    func fail(kind: String, text: String) async throws
    func empty(item: String) async throws
    @Oneway func note(_ line: String) async throws
    /// Returns once the line was noted.
    func noted(_ line: String) async throws -> Bool
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int>
    func brokenNumbers() async throws -> RemoteStream<Int>
    func blob(_ bytes: [UInt8]) async throws -> [UInt8]
    func long(_ text: String) async throws -> String
    func point(_ point: Point) async throws -> Point
    func whoCalls() async throws -> String
    func correlation() async throws -> String
    func secret() async throws -> String
    @Name("renamed") func originalName() async throws -> Bool
    var total: Int { get async throws }
    var label: String { get async throws }
}

struct Point: Codable, Sendable, Equatable {
    var x: Int
    var y: Double
    var label: String?
}

/// An error that Lantern programs get as itself and Python programs as a `LookupError`.
struct NothingLeft: RemoteThrowable, Equatable {
    static let pythonClass = "builtins.LookupError"
    let item: String
    var message: String { "no \(item) left" }
}

struct Unforeseen: Error {}

actor WorkshopService: Workshop {
    private(set) var total = 0
    let label = "swift"
    private var lines: Set<String> = []
    private var waiting: [(line: String, continuation: CheckedContinuation<Bool, Never>)] = []

    func add(_ amount: Int) -> Int {
        total += amount
        return total
    }

    func describe(name: String, times count: Int) -> String { "\(name) x\(count)" }

    func fail(kind: String, text: String) throws {
        if kind == "unforeseen" { throw Unforeseen() }
        throw RemoteError(type: kind, message: text)
    }

    func empty(item: String) throws { throw NothingLeft(item: item) }

    func note(_ line: String) {
        lines.insert(line)
        for entry in waiting where entry.line == line { entry.continuation.resume(returning: true) }
        waiting.removeAll { $0.line == line }
    }

    func noted(_ line: String) async -> Bool {
        if lines.contains(line) { return true }
        return await withCheckedContinuation { waiting.append((line, $0)) }
    }

    func numbers(upTo limit: Int) -> RemoteStream<Int> { RemoteStream(0..<limit) }

    func brokenNumbers() -> RemoteStream<Int> {
        RemoteStream(
            AsyncThrowingStream { continuation in
                continuation.yield(1)
                continuation.finish(throwing: RemoteError(type: "builtins.ValueError", message: "broken"))
            })
    }

    func blob(_ bytes: [UInt8]) -> [UInt8] { bytes }
    func long(_ text: String) -> String { text }
    func point(_ point: Point) -> Point { Point(x: point.x + 1, y: point.y, label: point.label) }
    func whoCalls() -> String { CallContext.current?.peer.identity.description ?? "nobody" }
    func correlation() -> String { CallContext.current?.correlationID ?? "none" }
    func secret() -> String { "secret" }
    func originalName() -> Bool { true }
}
