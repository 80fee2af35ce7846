import ArgumentParser
import Glibc
import Lantern
import LanternTrust
import Logging
import NIOCore
import NIOPosix

/// Keeps a daemon and its clients busy with all that may go right and wrong, and looks at their memory.
@main
struct SoakCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern-soak",
        abstract: "Looks whether memory grows under load; Scripts/soak runs its parts.",
        subcommands: [Prepare.self, Serve.self, Load.self])
}

/// For what must not fail because the machine stood still for a while.
private let patience = Duration.seconds(120)

/// Makes the lantern homes `server` and `client` in a directory.
struct Prepare: ParsableCommand {
    @Argument(help: "An empty directory.")
    var directory: String

    func run() throws {
        let factory = try HomeFactory(directory: directory + "/authority")
        let names = ["server", "client"]
        let identities = try names.map { try SPIFFEID("spiffe://soak.test/\($0)") }
        let homes = try zip(names, identities).map { name, identity in
            var plan = HomeFactory.Plan(identity: identity)
            plan.policy = """
                version: 1
                rules:
                  - deny: ["*"]
                    objects: ["soak"]
                    methods: ["forbidden"]
                  - allow: ["spiffe://soak.test/client"]
                    objects: ["soak"]
                    methods: ["*"]
                """
            return try factory.make(directory + "/" + name, plan)
        }
        try HomeFactory.authorize(homes[0], identity: identities[0], in: homes[1])
        try HomeFactory.authorize(homes[1], identity: identities[1], in: homes[0])
    }
}

/// Serves the object that the load calls.
struct Serve: AsyncParsableCommand {
    @Option(help: "The lantern home of the server.")
    var home: String

    func run() async throws {
        var settings = try Settings.load(home: home)
        settings.listen = ListenSettings(host: "127.0.0.1")
        settings.memoryKept = 4 << 20
        settings.limits.streamLinger = .seconds(2)
        settings.limits.handshakeTimeout = patience
        settings.hooks.annotateAnswer = { call in
            (try? CallAnnotations(["SOAK": Array(call.method.utf8)])) ?? .init()
        }
        var logger = Logger(label: "soak")
        logger.logLevel = .critical
        let daemon = try await Daemon(settings: settings, logger: logger)
        try await daemon.register(
            SoakService(daemon: { [weak daemon] in daemon }), as: (any Soak).self, id: "soak")
        print("READY \(daemon.port)")
        fflush(nil)
        try await daemon.runUntilTerminated(logger: logger)
    }
}

/// Calls for some minutes, prints a table, and fails when memory grew or something was left over.
struct Load: AsyncParsableCommand {
    @Option(help: "The lantern home of the client.")
    var home: String
    @Option(help: "The server's port.")
    var port: Int
    @Option(help: "How long.")
    var minutes: Double = 20
    @Option(help: "Clients at once.")
    var clients = 6
    @Option(help: "The same number makes the same choices.")
    var seed: UInt64 = 1

    @Option(help: "Only scenes whose name holds this.")
    var only = ""

    func run() async throws {
        var settings = try Settings.load(home: home)
        settings.memoryKept = 4 << 20
        settings.proxies.timeout = patience
        settings.proxies.connectTimeout = patience
        let verdict = try await LoadRun(
            settings: settings, port: port, length: .seconds(minutes * 60), clients: clients, seed: seed,
            only: only
        ).run()
        guard verdict else { throw ExitCode.failure }
    }
}
