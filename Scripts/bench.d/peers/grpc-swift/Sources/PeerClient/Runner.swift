import GRPCCore
import PeerContract

/// Runs one workload on one connection (`connect` opens more) and says how long it took.
struct Runner: Sendable {
    private static let window = 64
    private static let items: Int64 = 10_000
    private static let small = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
    private static let large = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)

    let client: Connection
    let arguments: Arguments

    /// - Returns: the JSON object of docs/benchmark-contract.md.
    func measure(_ workload: String, count: Int) async throws -> String {
        let single = workload == "connect" || workload == "stream"
        for _ in 0..<(single ? 1 : min(50, count / 10)) { try await unit(workload) }
        let before = try await client.serverTime()
        let cpu = processTime()
        let start = ContinuousClock.now
        let units =
            workload == "pipelined"
            ? try await pipelined(count) : try await oneByOne(workload, count)
        let server = try await client.serverTime() - before
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let operations = Double(workload == "stream" ? count * Int(Self.items) : count)
        let sorted = units.sorted()
        let fields: [(String, Double)] = [
            ("count", Double(count)), ("operations", operations), ("seconds", seconds),
            ("per_second", operations / seconds),
            ("p50_us", sorted[count / 2] / .microseconds(1)),
            ("p99_us", sorted[count * 99 / 100] / .microseconds(1)),
            ("client_cpu_us", (processTime() - cpu) * 1e6 / operations),
            ("server_cpu_us", server * 1e6 / operations),
        ]
        return "{\"workload\": \"\(workload)\", " + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
            + "}"
    }

    private func unit(_ workload: String) async throws {
        switch workload {
        case "sequential", "pipelined": try await client.echo(Self.small)
        case "large": try await client.echo(Self.large)
        case "connect": try await withConnection(arguments) { try await $0.echo(Self.small) }
        case "stream": try await client.readNumbers(Self.items)
        default: throw PeerError("gRPC has no \(workload)")
        }
    }

    private func oneByOne(_ workload: String, _ count: Int) async throws -> [Duration] {
        var units: [Duration] = []
        units.reserveCapacity(count)
        for _ in 0..<count {
            let start = ContinuousClock.now
            try await unit(workload)
            units.append(ContinuousClock.now - start)
        }
        return units
    }

    /// As many tasks as there may be calls in flight, each with its share.
    private func pipelined(_ count: Int) async throws -> [Duration] {
        let workers = min(Self.window, count)
        return try await withThrowingTaskGroup(of: [Duration].self) { group in
            for worker in 0..<workers {
                group.addTask { try await oneByOne("pipelined", (count - worker + workers - 1) / workers) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }
}
