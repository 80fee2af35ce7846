import ArgumentParser
import Lantern
import LanternTrust
import LanternValue

/// `lantern policy suggest`: the smallest allowlist that covers what the audit log saw.
struct PolicySuggestCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "suggest",
        abstract: "Write the smallest policy that allows all calls of the audit log, and nothing else.",
        discussion: """
            Reads the audit log of the home, once it was verified, and prints a policy of
            exact names. What was refused counts for nothing. Only what is audited is in
            the log: the name server, objects registered so, rules with 'audit: names'.

              lantern policy suggest --home ns-home > ns-home/policy-next.yaml
              lantern policy suggest --since 2026-11-01
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "Only entries from this day on, YYYY-MM-DD (UTC).")
    var since: String?
    @Flag(help: "One JSON object with rules and left_out.")
    var json = false
    @OptionGroup var logging: LogOptions

    /// Different calls that are kept apart.
    private static let maximumCalls = 200_000

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        let first = try since.map(Self.milliseconds) ?? .min
        if let fault = try files.verify(earlier: nil).fault {
            throw CommandFailure(
                .configuration, "\(files.home.auditDirectory): the log is not intact: \(fault)")
        }
        var calls: Set<AllowlistSuggestion.Call> = []
        var entries = 0
        try AuditLog.forEachEntry(directory: files.home.auditDirectory) { line in
            guard let entry = try? decode(Array(line.utf8), as: .json),
                entry["decision"]?.textValue == "permit",
                (entry["time"]?.intValue).map({ $0 >= first }) ?? false,
                let actor = entry["actor"]?.textValue, let object = entry["object"]?.textValue,
                let method = entry["method"]?.textValue
            else { return true }
            entries += 1
            calls.insert(.init(identity: actor, object: object, method: method))
            // Who sets an attribute must be allowed to read it too.
            if method.hasSuffix("=") {
                calls.insert(.init(identity: actor, object: object, method: String(method.dropLast())))
            }
            return calls.count < Self.maximumCalls
        }
        guard calls.count < Self.maximumCalls else {
            throw CommandFailure(
                .failed, "there are more than \(Self.maximumCalls) different calls; use --since")
        }
        let suggestion = AllowlistSuggestion(calls)
        if json {
            Output.line(try JSONForm.text(Self.value(suggestion)))
        } else {
            Output.line(try PolicyText.policy(suggestion, entries: entries))
        }
    }

    private static func milliseconds(_ day: String) throws -> Int64 {
        guard let time = PolicyText.milliseconds(ofDay: day) else {
            throw ValidationError("--since is a day such as 2026-11-01, not '\(day.prefix(32))'")
        }
        return time
    }

    private static func value(_ suggestion: AllowlistSuggestion) -> Value {
        func texts(_ texts: [String]) -> Value { .list(texts.map { .text($0) }) }
        let rules = suggestion.rules.map { rule in
            Value.map([
                ValuePair("allow", texts(rule.identities)), ValuePair("objects", texts(rule.objects)),
                ValuePair("methods", texts(rule.methods)),
            ])
        }
        let leftOut = suggestion.leftOut.map { left in
            Value.map([
                ValuePair("identity", .text(left.call.identity)),
                ValuePair("object", .text(left.call.object)),
                ValuePair("method", .text(left.call.method)), ValuePair("reason", .text(left.reason)),
            ])
        }
        return .map([ValuePair("rules", .list(rules)), ValuePair("left_out", .list(leftOut))])
    }
}
