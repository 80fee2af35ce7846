import Lantern
import LanternTrust

@Remote
protocol Counter: Sendable {
    func add(_ amount: Int) async throws -> Int
    func describe(name: String, times count: Int) async throws -> String
    func fail(with text: String) async throws
    func empty(item: String) async throws
    @Oneway func note(_ line: String) async throws
    func notes() async throws -> [String]
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int>
    func echo(_ bytes: [UInt8]) async throws -> [UInt8]
    func wait() async throws
    func whoCalls() async throws -> String
    func point(_ point: Point) async throws -> Point
    @Name("renamed") func originalName() async throws -> Bool
    var total: Int { get async throws }
}

struct Point: Codable, Sendable, Equatable {
    var x: Int
    var y: Double
    var label: String?
}

struct NothingLeft: RemoteThrowable, Equatable {
    let item: String
    var message: String { "no \(item) left" }
}

struct PlainError: Error {}

actor CounterService: Counter {
    private(set) var total = 0
    private var lines: [String] = []
    let gate: Gate

    init(gate: Gate = Gate()) { self.gate = gate }

    func add(_ amount: Int) -> Int {
        total += amount
        return total
    }
    func describe(name: String, times count: Int) -> String { "\(name) x\(count)" }
    func fail(with text: String) throws { throw RemoteError(type: "builtins.KeyError", message: text) }
    func empty(item: String) throws { throw NothingLeft(item: item) }
    func note(_ line: String) {
        lines.append(line)
        gate.open(line)
    }
    func notes() -> [String] { lines }
    func numbers(upTo limit: Int) -> RemoteStream<Int> { RemoteStream(0..<limit) }
    func echo(_ bytes: [UInt8]) -> [UInt8] { bytes }
    func wait() async throws {
        gate.open("waiting")
        do {
            try await gate.wait("never")
        } catch {
            gate.open("cancelled")
            throw error
        }
    }
    func whoCalls() -> String { CallContext.current?.peer.identity.description ?? "nobody" }
    func point(_ point: Point) -> Point { Point(x: point.x + 1, y: point.y, label: point.label) }
    func originalName() -> Bool { true }
}
