import ArgumentParser
import Glibc
import Lantern
import NIOPosix

/// Measures a name server from outside, over mutual TLS, as Lantern programs use it.
///
/// A line of output is one figure, as a JSON object with `figure`, `value` and `unit`.
@main
struct RegistryBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern-bench-registry",
        abstract: "Runs what Scripts/bench-names --network measures: one workload at a running name server.")

    @Option(help: "The lantern home with certificate and keys.")
    var home: String
    @Option(help: "The name server: HOST:PORT.")
    var server: String
    @Option(help: "ping, lookup, register or watch.")
    var workload: RegistryWorkload
    @Option(help: "How many calls, registrations or rounds in all.")
    var count: Int
    @Option(help: "How many clients, each with its connection, or how many watchers.")
    var clients = 1
    @Option(help: "The names that are looked up are example.service.0 to this one less one.")
    var names = 1_000

    func validate() throws {
        guard (1...10_000_000).contains(count), (1...100_000).contains(clients), names > 0,
            workload == .watch || count >= clients
        else {
            throw ValidationError(
                "--count is at least --clients but for watch, and each at least 1, as --names is")
        }
    }

    func run() async throws {
        var settings = try Settings.load(home: home)
        // One thread, as the server's connections have: the machine is shared by both.
        settings.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = try Client(settings: settings)
        let run = RegistryRun(client: client, server: server, count: count, clients: clients, names: names)
        for figure in try await run.measure(workload) { print(figure.line) }
        fflush(nil)
        await client.shutdown()
    }
}

enum RegistryWorkload: String, ExpressibleByArgument {
    /// A call that does nothing: what a call to this daemon costs.
    case ping
    case lookup
    case register
    /// How long until all watchers know of a registration.
    case watch
}
