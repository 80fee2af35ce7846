import ArgumentParser

/// `lantern nsc`: asks and changes a name server.
struct NamesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nsc",
        abstract: "Ask and change the name server.",
        discussion: """
            The name server is the one of lantern.yaml, or is looked for as it says (see
            locate); --at asks another. restore and
            import work on the files of a home whose name server is not running.

              lantern nsc list --prefix example. --tree
              lantern nsc lookup example.warehouse
              lantern nsc register example.warehouse PYRO:room@svc:7766 --tag big
              lantern nsc remove --prefix test. --yes
              lantern nsc watch --prefix example.
            """,
        subcommands: [
            ListNamesCommand.self, LookupNameCommand.self, YellowPagesCommand.self, WhoCommand.self,
            RegisterNameCommand.self, RemoveNamesCommand.self, SetMetadataCommand.self,
            WatchNamesCommand.self, OwnersCommand.self, LeasesCommand.self, CountNamesCommand.self,
            PingNameServerCommand.self, LocateNameServerCommand.self, BackupNamesCommand.self,
            RestoreNamesCommand.self,
            ImportNamesCommand.self,
        ],
        aliases: ["names"])
}
