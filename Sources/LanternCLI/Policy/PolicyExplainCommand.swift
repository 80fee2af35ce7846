import ArgumentParser
import Lantern
import LanternTrust
import LanternValue

/// `lantern policy explain`: why one call is allowed or refused.
struct PolicyExplainCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why an identity may, or may not, call a method, naming the rule and its line.",
        discussion: """
              lantern policy explain spiffe://example.org/client/one example.warehouse store
              lantern policy explain dns:svc.example.org example.warehouse limit= --json

            METHOD is the name as it travels; 'limit=' sets the attribute 'limit', which
            needs both names. Exit status 0 when it is allowed, 77 when it is not.
            """)

    @Argument(help: "spiffe://domain/path or dns:host.")
    var identity: String
    @Argument(help: "The id of the object.")
    var object: String
    @Argument(help: "The method or attribute.")
    var method: String
    @Option(name: .customLong("key-exchange"), help: "The group of the connection's key exchange.")
    var keyExchange: String?
    @OptionGroup var options: PolicyOptions
    @Flag(help: "One JSON object with allowed, reason, rule, role, audit, near and quota.")
    var json = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let who: PeerIdentity
        do throws(TrustError) { who = try PeerIdentity(identity) } catch {
            throw CommandFailure(.usage, "'\(Shown.text(identity))' is not an identity: \(error.detail)")
        }
        let verdict = PolicyVerdict(
            try options.table(), identity: who, object: object, method: method, keyExchange: keyExchange)
        let found = verdict.deciding
        if json {
            Output.line(try JSONForm.text(Self.value(found)))
        } else {
            Output.line("\(found.isAllowed ? "allowed" : "refused"): \(found.reason)\(Self.role(found.rule))")
            if let rule = found.rule, rule.audit != .object { Output.line("audit: \(rule.audit.rawValue)") }
            if !found.isAllowed {
                Output.line(
                    found.hasAnyRight
                        ? "the caller is told 'not allowed'" : "the caller is told 'unknown object'")
            }
            for near in found.near {
                Output.line("near: \(near.rule.place)\(Self.role(near.rule)) \(near.why)")
            }
            if let quota = found.quota { Output.line("quota: \(quota)") }
        }
        if !found.isAllowed { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private static func role(_ rule: PolicyRule?) -> String { rule?.role.map { ", role \($0)" } ?? "" }

    private static func value(_ found: PolicyExplanation) -> Value {
        func text(_ text: String?) -> Value { text.map { .text($0) } ?? .none }
        let near = found.near.map { near in
            Value.map([
                ValuePair("rule", .text(near.rule.place)), ValuePair("role", text(near.rule.role)),
                ValuePair("why", .text(near.why)),
            ])
        }
        return .map([
            ValuePair("allowed", .bool(found.isAllowed)), ValuePair("reason", .text(found.reason)),
            ValuePair("rule", text(found.rule?.place)), ValuePair("role", text(found.rule?.role)),
            ValuePair("audit", text(found.rule?.audit.rawValue)),
            ValuePair("any_right", .bool(found.hasAnyRight)), ValuePair("near", .list(near)),
            ValuePair("quota", text(found.quota?.description)),
        ])
    }
}
