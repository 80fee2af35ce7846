import ArgumentParser

/// `lantern nsc`: asks and changes a name server.
struct NamesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nsc",
        abstract: "Ask and change the name server.",
        discussion: """
            The name server is the one of lantern.yaml; --at asks another.

              lantern nsc list --prefix example.
              lantern nsc lookup example.warehouse
              lantern nsc register example.warehouse PYRO:room@svc:7766 --tag big
              lantern nsc remove --prefix test. --yes
            """,
        subcommands: [
            ListNamesCommand.self, LookupNameCommand.self, RegisterNameCommand.self, RemoveNamesCommand.self,
            SetMetadataCommand.self, CountNamesCommand.self, PingNameServerCommand.self,
        ],
        aliases: ["names"])
}
