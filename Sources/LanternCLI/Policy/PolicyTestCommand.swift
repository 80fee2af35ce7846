import ArgumentParser
import Lantern
import LanternTrust
import LanternValue

/// `lantern policy test`: a file of expectations, for an operator's CI.
struct PolicyTestCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Hold a policy against a file of what it must allow and refuse.",
        discussion: """
              version: 1
              expect:
                - allow: ["spiffe://example.org/client/one"]
                  objects: ["example.warehouse"]
                  methods: ["list", "store"]
                - deny: ["spiffe://example.org/client/guest"]
                  objects: ["example.warehouse"]
                  methods: ["store"]

            Names are exact. 'rule: 12' also demands the line of the rule that decides,
            'key-exchange: X25519MLKEM768' says what the connection has.

              lantern policy test expectations.yaml --policy policy-next.yaml

            Exit status 1 when an expectation fails.
            """)

    @Argument(help: "The file of expectations.", completion: .file())
    var file: String
    @OptionGroup var options: PolicyOptions
    @Flag(help: "One JSON object with ok, count and failures.")
    var json = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        guard let text = try TextFile.read(file) else {
            throw CommandFailure(.usage, "\(file): there is no such file")
        }
        let expectations = try PolicyExpectations(text, path: file)
        let failures = expectations.failures(of: try options.table())
        let count = expectations.expectations.count
        if json {
            Output.line(
                try JSONForm.text(
                    .map([
                        ValuePair("ok", .bool(failures.isEmpty)), ValuePair("count", .int(Int64(count))),
                        ValuePair("failures", .list(failures.map(value))),
                    ])))
        } else {
            for failure in failures {
                let wanted = failure.expectation
                Output.line(
                    Shown.text(
                        "FAILED  \(file):\(wanted.line): \(wanted.identity) \(wanted.object) \(wanted.method): expected "
                            + "\(wanted.isAllowed ? "allow" : "deny"), \(failure.reason)"))
            }
            Output.line("\(count - failures.count) of \(count) expectations hold")
        }
        if !failures.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func value(_ failure: PolicyExpectations.Failure) -> Value {
        let wanted = failure.expectation
        return .map([
            ValuePair("line", .int(Int64(wanted.line))),
            ValuePair("identity", .text(wanted.identity.description)),
            ValuePair("object", .text(wanted.object)), ValuePair("method", .text(wanted.method)),
            ValuePair("expected", .text(wanted.isAllowed ? "allow" : "deny")),
            ValuePair("reason", .text(failure.reason)),
        ])
    }
}
