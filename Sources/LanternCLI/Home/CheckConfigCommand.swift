import ArgumentParser
import Lantern

/// `lantern check-config`: reads a whole home and tells what is wrong.
struct CheckConfigCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Read everything in a lantern home and say what is wrong, with file and line.",
        discussion: """
            Connects to nobody. Exit status 78 when something is wrong.

              lantern check-config --home ~/lantern
              lantern check-config --json | jq '.[] | select(.ok | not)'
            """)

    @OptionGroup var home: HomeOptions
    @Flag(help: "One JSON list of objects with part, ok and text.")
    var json = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let findings = HomeCheck(home: try home.chosen()).findings()
        if json {
            Output.line(try JSONForm.text(.list(findings.map(\.value))))
        } else {
            for finding in findings {
                Output.line("\(finding.isOK ? "ok   " : "WRONG")  \(finding.part): \(finding.text)")
            }
        }
        if findings.contains(where: { !$0.isOK }) { throw ExitCode(ExitStatus.configuration.rawValue) }
    }
}
