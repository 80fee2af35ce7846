import Glibc
import Lantern
import Logging
import Synchronization

/// The load from beginning to end, and the verdict.
struct LoadRun: Sendable {
    let settings: Settings
    let port: Int
    let length: Duration
    let clients: Int
    let seed: UInt64
    let only: String

    /// Growth after the warm-up that counts as none, in KiB: what a heap's layout does by chance. The load leaks this
    /// much in a fraction of a minute when each call leaves a hundred bytes behind.
    private static let slack = 8 << 10
    /// And in part of what there was.
    private static let relativeSlack = 0.1

    func run() async throws -> Bool {
        let tally = Tally()
        var logger = Logger(label: "soak")
        logger.logLevel = .critical
        let client = try Client(settings: settings, logger: logger)
        var options = settings.proxies
        options.retries = 3
        let watch = try client.proxy((any Soak).self, uri, options: options)
        let samples = try await load(client, tally, watch)
        let left = try await settle(watch)
        await client.shutdown()
        return judge(samples, left, tally)
    }

    private var uri: String { "PYRO:soak@127.0.0.1:\(port)" }

    private func load(_ client: Client, _ tally: Tally, _ watch: any Soak) async throws -> [Sample] {
        let end = ContinuousClock.now.advanced(by: length)
        return try await withThrowingTaskGroup(of: [Sample].self) { group in
            for number in 0..<clients {
                let scenes = Scenes(
                    client: client, uri: uri, port: port, tally: tally, seed: seed &+ UInt64(number) &* 7_919,
                    only: only)
                group.addTask {
                    await scenes.play(until: end)
                    return []
                }
            }
            group.addTask { try await sample(until: end, tally, watch) }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func sample(
        until end: ContinuousClock.Instant, _ tally: Tally, _ watch: any Soak
    ) async throws -> [Sample] {
        let pause = min(max(length / 60, .seconds(1)), .seconds(20))
        let start = ContinuousClock.now
        var samples: [Sample] = []
        print(Sample.heading)
        while ContinuousClock.now < end {
            try await Task.sleep(for: pause)
            let sample = Sample(
                time: start.duration(to: .now), server: try await watch.figures(),
                client: ProcessFigures.now(), scenes: tally.total, calls: tally.calls,
                unexpected: tally.unexpected)
            samples.append(sample)
            print(sample.line)
            fflush(nil)
        }
        return samples
    }

    /// What is left at the server when nobody calls: its own answer, on the one connection that asks.
    private func settle(_ watch: any Soak) async throws -> SoakFigures {
        var figures = try await watch.figures()
        for _ in 0..<300 where !Self.isSettled(figures) {
            try await Task.sleep(for: .milliseconds(100))
            figures = try await watch.figures()
        }
        return figures
    }

    private static func isSettled(_ figures: SoakFigures) -> Bool {
        figures.connections == 1 && figures.streams == 0 && figures.handlers == 1
    }

    private func judge(_ samples: [Sample], _ left: SoakFigures, _ tally: Tally) -> Bool {
        print("\nscenes played, and as expected:\n" + tally.table)
        var complaints: [String] = []
        if !Self.isSettled(left) {
            complaints.append(
                "left over: \(left.connections) connections, \(left.streams) streams, \(left.handlers) handlers "
                    + "(1, 0 and 1 are the question itself)")
        }
        complaints += growth("server", samples.map(\.server))
        complaints += growth("client", samples.map(\.client))
        if tally.unexpected > 0 {
            complaints.append("\(tally.unexpected) scenes went otherwise:\n\(tally.reasons)")
        }
        if tally.total == 0 { complaints.append("nothing was played") }
        print(
            complaints.isEmpty
                ? "nothing grew, nothing is left" : "FAILED\n" + complaints.joined(separator: "\n"))
        return complaints.isEmpty
    }

    /// Compares the end with the time after the warm-up, a quarter of the whole: medians of a tenth of it each.
    private func growth(_ name: String, _ figures: [SoakFigures]) -> [String] {
        let width = max(1, figures.count / 10)
        let begin = figures.count / 4
        guard figures.count >= 4 * width else { return ["\(name): too few samples"] }
        return [("resident", \.memory), ("heap", \.heap)].compactMap {
            (kind, path: KeyPath<SoakFigures, Int>) in
            let before = median(figures[begin..<begin + width].map { $0[keyPath: path] })
            let after = median(figures.suffix(width).map { $0[keyPath: path] })
            let bound = before + max(Self.slack, Int(Double(before) * Self.relativeSlack))
            print(
                "\(name), \(kind): \(before) KiB after the warm-up, \(after) KiB in the end, at most \(bound)"
            )
            return after <= bound ? nil : "\(name): \(kind) memory grew from \(before) to \(after) KiB"
        }
    }

    private func median(_ numbers: [Int]) -> Int { numbers.sorted()[numbers.count / 2] }
}

/// One line of the table.
struct Sample: Sendable {
    let time: Duration
    let server: SoakFigures
    let client: SoakFigures
    let scenes: Int
    let calls: Int
    let unexpected: Int

    static let heading =
        "      s    scenes      calls  server KiB (heap)  client KiB (heap)  connections  streams  handlers  files  unexpected"

    var line: String {
        func field(_ number: Int, _ width: Int) -> String {
            let text = "\(number)"
            return String(repeating: " ", count: max(1, width - text.count)) + text
        }
        return field(Int(time.components.seconds), 7) + field(scenes, 10) + field(calls, 11)
            + field(server.memory, 12) + field(server.heap, 7) + field(client.memory, 12)
            + field(client.heap, 7) + field(server.connections, 13)
            + field(server.streams, 9) + field(server.handlers, 10) + field(server.descriptors, 7)
            + field(unexpected, 12)
    }
}
