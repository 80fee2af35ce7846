import ArgumentParser

/// `lantern audit key`: prints what a verifier needs.
struct AuditKeyCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Print the log's verifier key: keep it on another host.",
        discussion: "  lantern audit key --home ns-home > kept.key")

    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        Output.line(try AuditFiles(home: home.chosen()).verifierKey())
    }
}
