import ArgumentParser
import Lantern

/// `lantern nsc ping`.
struct PingNameServerCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Check that the name server answers us.")

    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let uri = try await names.withNames { names in
            try await names.call("ping")
            return names.remote.uri
        }
        Output.line("\(uri) answers")
    }
}
