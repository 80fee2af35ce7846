import ArgumentParser

/// `lantern keys`: the handshake keys of a home.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, look at, authorise, rotate and retire handshake keys.",
        discussion: """
            A home proves who it is with keys/own.key, and believes the peers whose keys
            lie in keys/authorized, for the identities that stand in their files.

            A new key in two phases, without a failed call:
              lantern keys rotate prepare --home svc-home        # made, not used yet
              lantern keys show --home svc-home svc-2 > svc-2.key
              lantern keys authorize --home peer svc-2.key --like svc-1      # at every peer
              lantern keys rotate use --home svc-home            # used from now on
              lantern keys list --home peer                      # when was svc-1 used last?
              lantern keys retire --home peer svc-1              # at every peer
              lantern keys retire --home svc-home svc-1
            """,
        subcommands: [
            KeysGenerateCommand.self, KeysListCommand.self, KeysShowCommand.self, KeysAuthorizeCommand.self,
            KeysRetireCommand.self, KeysRotateCommand.self, KeysCheckCommand.self,
        ])
}
