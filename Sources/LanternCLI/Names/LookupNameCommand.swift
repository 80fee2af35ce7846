import ArgumentParser
import Lantern
import LanternWire

/// `lantern nsc lookup`.
struct LookupNameCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup", abstract: "Print the URI of a name.",
        discussion: "  lantern nsc lookup example.warehouse")

    @Argument(help: "The name.")
    var name: String
    @Flag(help: "One JSON object with name and uri.")
    var json = false
    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let uri = try await names.withNames { try await NameServerClient(proxy: $0).lookup(name) }
        guard json else { return Output.line(Shown.text(uri.description)) }
        let found = [ValuePair("name", .text(name)), ValuePair("uri", .text(uri.description))]
        Output.line(try JSONForm.text(.map(found)))
    }
}
