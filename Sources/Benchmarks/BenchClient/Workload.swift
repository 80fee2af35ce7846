/// The rows of the table in docs/benchmark-contract.md.
enum Workload: String, CaseIterable, Sendable {
    case sequential, pipelined, large, connect, oneway, batch, stream
    case batchOneway = "batch-oneway"
    case idleMemory = "idle-memory"

    var operationsPerUnit: Int {
        switch self {
        case .batch, .batchOneway: 100
        case .stream: 10_000
        default: 1
        }
    }

    /// Units before the clock starts.
    func warmUp(for count: Int) -> Int {
        self == .connect || self == .stream ? 1 : min(50, count / 10)
    }

    /// Whether the last unit ends when the server has counted all notes.
    var isOneway: Bool { self == .oneway || self == .batchOneway }
}
