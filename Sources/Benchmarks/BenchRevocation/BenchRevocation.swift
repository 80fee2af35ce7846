import ArgumentParser
import Foundation
import Glibc

/// How long a revoked peer gets answers: the figure of docs/rotation-and-revocation.md.
@main
struct BenchRevocation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern-bench-revocation",
        abstract:
            "Measures the time from a revocation list's landing to the last answer of the revoked peer.",
        discussion: """
            A daemon with a lantern home has many open connections. In each round one
            identity with some of them calls without a pause, its certificate is
            revoked by a list that is renamed into the home, and all its connections
            must end; the others must not notice.
            """)

    @Option(help: "Open connections.")
    var connections = 1_000
    @Option(help: "How many of them belong to the identity that is revoked.")
    var revoked = 100
    @Option(help: "Rounds, each with another identity.")
    var rounds = 10
    @Flag(help: "Put the list where the system tells of no change, so that the regular look must find it.")
    var unwatched = false
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...50_000).contains(connections), (1..<max(2, connections)).contains(revoked) else {
            throw ValidationError("--connections is 1 to 50000, --revoked less than that")
        }
        guard (1...1_000).contains(rounds) else { throw ValidationError("--rounds is 1 to 1000") }
    }

    func run() async throws {
        try Self.allowFiles(connections * 2 + 256)
        let scene = try await Scene(connections: connections - revoked, unwatched: unwatched)
        var results: [Scene.Round] = []
        for round in 1...rounds {
            let result = try await scene.play(round: round, connections: revoked)
            if !json { print("round \(round): \(result)") }
            results.append(result)
        }
        await scene.close()
        try show(results)
        guard results.allSatisfy({ $0.disturbed == 0 }) else { throw ExitCode.failure }
    }

    private func show(_ results: [Scene.Round]) throws {
        let last = results.map(\.lastAnswer).sorted()
        let ended = results.map(\.allEnded).sorted()
        guard let worst = last.last, let worstEnd = ended.last else { return }
        let summary: [String: Double] = [
            "connections": Double(connections), "revoked": Double(revoked), "rounds": Double(rounds),
            "last_answer_ms_median": last[last.count / 2], "last_answer_ms_worst": worst,
            "all_ended_ms_median": ended[ended.count / 2], "all_ended_ms_worst": worstEnd,
            "disturbed": Double(results.map(\.disturbed).reduce(0, +)),
        ]
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            print(String(decoding: try encoder.encode(summary), as: UTF8.self))
        } else {
            for (name, value) in summary.sorted(by: { $0.key < $1.key }) {
                print("\(name): \(String(format: "%.1f", value))")
            }
        }
    }

    /// Both ends of all connections live in this process.
    private static func allowFiles(_ count: Int) throws {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        guard limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            limit.rlim_cur >= rlim_t(count)
        else { throw ValidationError("\(count) open files are needed; raise ulimit -n") }
    }
}
