import ArgumentParser

/// `lantern policy`: writes, checks and explains policies.
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check, explain, test and suggest policies.",
        discussion: """
            All of it works on files: nobody is called, nothing is changed.

              lantern policy check --home svc-home
              lantern policy explain spiffe://example.org/client/one example.warehouse store
              lantern policy test expectations.yaml
              lantern policy suggest --home ns-home > policy-next.yaml
            """,
        subcommands: [
            PolicyCheckCommand.self, PolicyExplainCommand.self, PolicyTestCommand.self,
            PolicySuggestCommand.self,
        ])
}
