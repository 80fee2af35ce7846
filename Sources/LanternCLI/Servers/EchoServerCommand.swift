import ArgumentParser
import Lantern

/// `lantern echo-server`: Pyro's test object.
struct EchoServerCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-server",
        abstract: "Serve Pyro's test object, test.echoserver, until SIGTERM, SIGINT or a call of shutdown.",
        discussion: """
            Members: echo, error, error_with_text, oneway_echo, oneway_slow, slow,
            generator, nan, inf, __dunder__, shutdown, verbose.

              lantern echo-server --port 9999
              lantern echo-server --register test.echoserver
            """)

    @OptionGroup var home: HomeOptions
    @OptionGroup var listen: ListenOptions
    @Option(help: "Also register it in the name server, under this name.")
    var register: String?
    @OptionGroup var protection: ProtectionOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        var settings = try home.settings()
        protection.apply(to: &settings)
        listen.apply(to: &settings)
        let daemon = try await Daemon(settings: settings)
        let uri = try await daemon.register(dynamic: EchoObject(), id: EchoObject.id, name: register)
        daemon.announce(uri)
        try await daemon.runUntilTerminated()
    }
}
