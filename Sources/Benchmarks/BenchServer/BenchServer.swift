import ArgumentParser
import BenchContract
import Glibc
import Lantern
import Logging
import NIOPosix

/// The server of docs/benchmark-contract.md.
@main
struct BenchServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern-bench-server", abstract: "Serves the object that Scripts/bench measures.")

    @Option(help: "The lantern home with certificate, keys and policy.")
    var home: String
    @Option(help: "The port on 127.0.0.1; 0 lets the system choose.")
    var port = 0

    func run() async throws {
        var settings = try Settings.load(home: home)
        settings.listen = ListenSettings(host: "127.0.0.1", port: port)
        // One thread for all connections, as in `limit`.
        settings.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var logger = Logger(label: "bench")
        logger.logLevel = .warning
        let daemon = try await Daemon(settings: settings, logger: logger)
        try await daemon.register(
            BenchService(), as: (any Bench).self, id: "bench", options: ObjectOptions(execution: .onLoop))
        print("READY 127.0.0.1 \(daemon.port)")
        fflush(nil)
        try await daemon.runUntilTerminated(logger: logger)
    }
}
