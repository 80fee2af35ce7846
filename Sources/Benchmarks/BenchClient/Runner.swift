import BenchContract
import Lantern
import LanternValue

/// Runs one workload after the other on one connection (`connect` and `openIdle` open more).
struct Runner: Sendable {
    private static let window = 64
    private static let calls = 100
    private static let items = 10_000

    private let client: Client
    private let uri: String
    private let small = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
    private let large = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)

    init(client: Client, uri: String) {
        self.client = client
        self.uri = uri
    }

    func measure(_ workload: Workload, count: Int) async throws -> Measurement {
        let bench = BenchStub(proxy: try client.remoteProxy(uri))
        return try await withTaskExecutorPreference(bench.proxy.executor()) {
            for _ in 0..<workload.warmUp(for: count) { try await unit(workload, bench) }
            let before = try await bench.usage()
            let cpu = processTime()
            let start = ContinuousClock.now
            let units =
                workload == .pipelined
                ? try await pipelined(bench, count: count) : try await oneByOne(workload, bench, count: count)
            let after = try await usage(
                bench, workload, notes: before.notes + count * workload.operationsPerUnit)
            let total = ContinuousClock.now - start
            return Measurement(
                workload, count: count, units: units, total: total, client: processTime() - cpu,
                server: after.cpu - before.cpu)
        }
    }

    /// Opens connections with one call on each; they stay until they are closed.
    func openIdle(_ count: Int) async throws -> [BenchStub] {
        var opened: [BenchStub] = []
        for _ in 0..<count {
            let bench = BenchStub(proxy: try client.remoteProxy(uri))
            try await echo(small, bench)
            opened.append(bench)
        }
        return opened
    }

    // MARK: - Units

    private func oneByOne(_ workload: Workload, _ bench: BenchStub, count: Int) async throws -> [Duration] {
        var units: [Duration] = []
        units.reserveCapacity(count)
        for _ in 0..<count {
            let start = ContinuousClock.now
            try await unit(workload, bench)
            units.append(ContinuousClock.now - start)
        }
        return units
    }

    private func unit(_ workload: Workload, _ bench: BenchStub) async throws {
        switch workload {
        case .sequential, .pipelined, .idleMemory: try await echo(small, bench)
        case .large: try await echo(large, bench)
        case .connect: try await connect()
        case .oneway: try await bench.note(small)
        case .batch: try await batch(bench)
        case .batchOneway: try await filledBatch(bench, "note").runOneway()
        case .stream: try await stream(bench)
        }
    }

    private func echo(_ data: [UInt8], _ bench: BenchStub) async throws {
        guard try await bench.echo(data).count == data.count else { throw WrongAnswer() }
    }

    private func connect() async throws {
        let bench = BenchStub(proxy: try client.remoteProxy(uri))
        try await echo(small, bench)
        bench.proxy.close()
    }

    private func batch(_ bench: BenchStub) async throws {
        let results = try await filledBatch(bench, "echo").run()
        guard results.count == Self.calls else { throw WrongAnswer() }
        for result in results {
            guard try result.get().bytesValue?.count == small.count else { throw WrongAnswer() }
        }
    }

    private func filledBatch(_ bench: BenchStub, _ method: String) -> Batch {
        var batch = Batch(bench.proxy)
        for _ in 0..<Self.calls { batch.add(method, .bytes(small)) }
        return batch
    }

    private func stream(_ bench: BenchStub) async throws {
        var expected = 0
        for try await number in try await bench.numbers(Self.items) {
            guard number == expected else { throw WrongAnswer() }
            expected += 1
        }
        guard expected == Self.items else { throw WrongAnswer() }
    }

    /// As many tasks as there may be calls in flight, each with its share.
    private func pipelined(_ bench: BenchStub, count: Int) async throws -> [Duration] {
        let workers = min(Self.window, count)
        return try await withThrowingTaskGroup(of: [Duration].self) { group in
            for worker in 0..<workers {
                group.addTask {
                    try await oneByOne(.pipelined, bench, count: (count - worker + workers - 1) / workers)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    // MARK: - What the server used

    private func usage(_ bench: BenchStub, _ workload: Workload, notes: Int) async throws -> Usage {
        var usage = try await bench.usage()
        while workload.isOneway, usage.notes < notes { usage = try await bench.usage() }
        return usage
    }
}

struct WrongAnswer: Error {}
