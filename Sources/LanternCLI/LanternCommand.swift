import ArgumentParser

/// The program `lantern`.
@main
struct LanternCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern",
        abstract: "Remote objects over mutual TLS: homes, name server, calls, audit log.",
        discussion: """
            Every command works in a lantern home: --home DIR, or LANTERN_HOME.

            First steps on a laptop:
              lantern init ~/lantern
              export LANTERN_HOME=~/lantern
              lantern ns &
              lantern echo-server --register test.echoserver &
              lantern call PYRONAME:test.echoserver echo '"hello"'

            Exit status: 0 done, 1 failed or the far side threw, 64 wrong use,
            69 not reachable, 77 refused, 78 something in the home is wrong.
            """,
        subcommands: [
            InitCommand.self, TrustCommand.self, KeysCommand.self, CheckConfigCommand.self,
            DoctorCommand.self, HealthCommand.self,
            NameServerCommand.self,
            NamesCommand.self, EchoServerCommand.self, CallCommand.self, PingCommand.self, AuditCommand.self,
            PolicyCommand.self,
        ])
}
