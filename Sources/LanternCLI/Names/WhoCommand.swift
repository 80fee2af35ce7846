import ArgumentParser
import Lantern

/// `lantern nsc who`.
struct WhoCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "who", abstract: "Say who owns a name and which instances serve under it.",
        discussion: "  lantern nsc who example.warehouse")

    @Argument(help: "The name.")
    var name: String
    @Flag(help: "One JSON object.")
    var json = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let found = try await names.withService { try await $0.lookup(name: name) }
        guard !json else { return Output.line(try JSONForm.text(ValueEncoder().encode(found))) }
        Output.line("\(Shown.text(found.name)) belongs to \(Shown.text(found.owner ?? "nobody"))")
        if found.isExclusive { Output.line("exclusive: one instance at a time") }
        var table = Table("URI", "WEIGHT", "EPOCH", "TAGS")
        for instance in found.instances {
            table.add([
                Shown.text(instance.uri), "\(instance.weight)", instance.epoch.map { "\($0)" } ?? "-",
                Shown.text(instance.tags.joined(separator: " ")),
            ])
        }
        if found.instances.isEmpty {
            table.add([Shown.text(found.uri), "-", "-", Shown.text(found.tags.joined(separator: " "))])
        }
        table.print()
    }
}
