import ArgumentParser
import Lantern
import LanternWire

/// `lantern nsc locate`.
struct LocateNameServerCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "locate", abstract: "Show how the name server is found, step by step.",
        discussion: """
            Goes through all steps, also those behind the one that decides, which has
            a star. Nothing is connected to: whether the server there is believed is
            decided then. Without any place the exit status is 69.
            """)

    @OptionGroup var names: NameServerOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let client = try names.proxy.client(of: names.home)
        let location = try names.at.map { try PyroURI("PYRONAME:x@\($0)").location } ?? nil
        let findings = await client.nameServerLocator(at: location).findings()
        await client.shutdown()
        var table = Table("STEP", "RESULT", "MS")
        var isDecided = false
        for finding in findings {
            var mark = ""
            let result: String
            switch finding.outcome {
            case .found(let places):
                mark = isDecided ? "" : " *"
                isDecided = true
                result = places.map(Self.text).joined(separator: ", ")
            case .nothing(let reason): result = "nothing: \(reason)"
            case .skipped(let reason): result = "skipped: \(reason)"
            }
            let milliseconds = finding.time / .milliseconds(1)
            table.add([
                finding.step.rawValue + mark, Shown.text(result), "\(Int(milliseconds.rounded()))",
            ])
        }
        table.print()
        guard isDecided else {
            throw CommandFailure(.unavailable, "no step finds a name server")
        }
    }

    private static func text(_ place: NameServerLocator.Place) -> String {
        "\(place.location)" + (place.identity.map { " as \($0)" } ?? "")
    }
}
