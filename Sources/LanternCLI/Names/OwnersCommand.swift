import ArgumentParser
import Lantern

/// `lantern nsc owners`.
struct OwnersCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "owners", abstract: "List who owns how many names.",
        discussion: "  lantern nsc owners --prefix example.")

    @Option(help: "Only names that start so.")
    var prefix = ""
    @Flag(help: "One JSON list.")
    var json = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let found = try await names.withService { try await $0.owners(prefix: prefix) }
        guard !json else { return Output.line(try JSONForm.text(ValueEncoder().encode(found))) }
        var table = Table("OWNER", "NAMES")
        for entry in found { table.add([Shown.text(entry.owner ?? "(nobody)"), "\(entry.names)"]) }
        table.print()
    }
}

/// `lantern nsc leases`.
struct LeasesCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "leases", abstract: "List the leases: whose, how long, over which names.",
        discussion: "  lantern nsc leases --json")

    @Flag(help: "One JSON list.")
    var json = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let found = try await names.withService { try await $0.leases() }
        guard !json else { return Output.line(try JSONForm.text(ValueEncoder().encode(found))) }
        var table = Table("EPOCH", "OWNER", "LASTS", "LEFT", "NAMES")
        for lease in found {
            table.add([
                "\(lease.epoch)", Shown.text(lease.owner), "\(lease.milliseconds) ms",
                "\(lease.remaining) ms", Shown.text(lease.names.joined(separator: " ")),
            ])
        }
        table.print()
    }
}
