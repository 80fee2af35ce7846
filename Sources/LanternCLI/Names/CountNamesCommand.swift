import ArgumentParser
import Lantern

/// `lantern nsc count`.
struct CountNamesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "count", abstract: "Print how many names there are.")

    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        Output.line("\(try await names.withNames { try await NameServerClient(proxy: $0).count() })")
    }
}
