import ArgumentParser
import BenchContract
import Foundation
import Glibc
import Lantern
import NIOPosix

/// The client of docs/benchmark-contract.md.
///
/// One event loop and a task that prefers it: the whole client is one thread, as `limit` is.
@main
struct BenchClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern-bench-client", abstract: "Runs the workloads that Scripts/bench measures.")

    @Option(help: "The lantern home with certificate and keys.")
    var home: String
    @Option(help: "The measured object: PYRO:bench@127.0.0.1:PORT.")
    var uri: String
    @Option(help: "What to run; may be repeated, with a count each.")
    var workload: [Workload]
    @Option(help: "How many units; once for each workload.")
    var count: [Int]
    @Flag(help: "Print the JSON objects alone.")
    var json = false

    func validate() throws {
        guard !workload.isEmpty, workload.count == count.count else {
            throw ValidationError("give --workload and --count in pairs")
        }
        guard count.allSatisfy({ $0 > 0 }) else { throw ValidationError("--count must be at least 1") }
    }

    func run() async throws {
        var settings = try Settings.load(home: home)
        settings.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = try Client(settings: settings)
        let runner = Runner(client: client, uri: uri)
        for (workload, count) in zip(workload, count) {
            if workload == .idleMemory {
                try await holdIdle(count, runner)
            } else {
                try show(try await runner.measure(workload, count: count))
            }
        }
        await client.shutdown()
    }

    /// The connections stay open until standard input ends, so that the server can be looked at.
    private func holdIdle(_ count: Int, _ runner: Runner) async throws {
        let connections = try await runner.openIdle(count)
        try show(Measurement(idle: count))
        while readLine() != nil {}
        for connection in connections { connection.proxy.close() }
    }

    private func show(_ result: Measurement) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = json ? [.sortedKeys] : [.sortedKeys, .prettyPrinted]
        print(String(decoding: try encoder.encode(result), as: UTF8.self))
        fflush(nil)
    }
}

extension Workload: ExpressibleByArgument {}
