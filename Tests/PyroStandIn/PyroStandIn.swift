import Lantern
import Logging

/// Serves what the test classes of Pyro4 and Pyro5 expect of their own daemon, until SIGTERM.
///
/// `pyro-stand-in HOME pyro4|pyro5`: the objects `something` and `unexposed` on loopback; prints READY and the place.
/// Started by `Scripts/pyro-own-tests`.
@main
struct PyroStandIn {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 2, let home = arguments.first, let generation = arguments.last else {
            throw LanternError(.misuse, "usage: pyro-stand-in HOME pyro4|pyro5")
        }
        var settings = try Settings.load(home: home)
        settings.listen = ListenSettings(host: "127.0.0.1")
        // What the tests set in their own process for their own daemon.
        settings.limits.streamLinger = .milliseconds(500)
        var logger = Logger(label: "pyro-stand-in")
        logger.logLevel = .critical
        let daemon = try await Daemon(settings: settings, logger: logger)
        let uri = try await daemon.register(
            dynamic: TestObject(asSequence: generation == "pyro5"), id: "something")
        try await daemon.register(dynamic: PartlyExposed(), id: "unexposed")
        daemon.announce(uri)
        try await daemon.runUntilTerminated()
    }
}
