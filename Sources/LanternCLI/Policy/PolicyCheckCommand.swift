import ArgumentParser
import Lantern
import LanternTrust
import LanternValue

/// `lantern policy check`: mistakes, and what is said in vain.
struct PolicyCheckCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find mistakes in a policy, and rules that never decide anything.",
        discussion: """
            Warns of allow rules of which deny rules leave nothing, rules that another
            rule makes needless, deny rules for what nothing allows, identities that no
            trusted authority can vouch for, unused groups and roles, and, with a list
            of objects, of rules that mean none of them and objects that nobody may call.

              lantern policy check --home svc-home --object example.warehouse
              lantern policy check --policy policy-next.yaml --objects objects.txt --json

            Exit status 78 with a mistake; 1 with a warning and --strict.
            """)

    @OptionGroup var options: PolicyOptions
    @Option(help: "An object that there is; may be repeated.")
    var object: [String] = []
    @Option(help: "A file with the id of an object on each line.", completion: .file())
    var objects: String?
    @Flag(help: "Exit status 1 also for warnings.")
    var strict = false
    @Flag(help: "One JSON object with ok, problems and warnings.")
    var json = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let path = try options.path()
        let reading = try PolicyFile.examine(path)
        let listed = try listedObjects()
        var findings: [PolicyReview.Finding] = []
        if let document = reading.document {
            let surroundings = PolicyReview.Surroundings(
                objects: listed.isEmpty ? nil : listed, trustDomains: options.trustDomains())
            findings = PolicyReview(document, surroundings).findings()
        }
        if json {
            Output.line(try JSONForm.text(Self.value(reading, findings)))
        } else {
            for problem in reading.problems { Output.line("WRONG    \(Shown.text(problem.description))") }
            for finding in findings {
                Output.line(
                    "warning  \(Shown.text("\(finding.place): \(finding.text)")) [\(finding.kind.rawValue)]")
            }
            if let document = reading.document {
                Output.line("\(path): \(document.rules.count) rules, \(findings.count) warnings")
            }
        }
        if !reading.problems.isEmpty { throw ExitCode(ExitStatus.configuration.rawValue) }
        if strict, !findings.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func listedObjects() throws -> [String] {
        guard let objects else { return object }
        guard let text = try TextFile.read(objects) else {
            throw CommandFailure(.usage, "\(objects): there is no such file")
        }
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            String(line.drop { $0 == " " }.prefix { $0 != " " && $0 != "\t" })
        }
        return object + lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    private static func value(_ reading: PolicyReading, _ findings: [PolicyReview.Finding]) -> Value {
        let problems = reading.problems.map { problem in
            Value.map([
                ValuePair("file", .text(problem.file)), ValuePair("line", .int(Int64(problem.line))),
                ValuePair("text", .text(problem.text)),
            ])
        }
        let warnings = findings.map { finding in
            Value.map([
                ValuePair("kind", .text(finding.kind.rawValue)), ValuePair("place", .text(finding.place)),
                ValuePair("text", .text(finding.text)),
            ])
        }
        return .map([
            ValuePair("ok", .bool(problems.isEmpty)), ValuePair("problems", .list(problems)),
            ValuePair("warnings", .list(warnings)),
        ])
    }
}
