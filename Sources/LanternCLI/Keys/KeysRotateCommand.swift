import ArgumentParser
import Lantern
import LanternTrust

/// `lantern keys rotate`: a new own key in two phases.
struct KeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Exchange the home's own key in two phases, without a failed call.",
        discussion: """
            prepare makes the next key. Every peer then authorises it, while the old
            one is still in use. use makes it the own key; undo takes that back. In the
            end the old key is retired, here and at the peers.
            """,
        subcommands: [
            KeysRotateStatusCommand.self, KeysRotatePrepareCommand.self, KeysRotateUseCommand.self,
            KeysRotateUndoCommand.self,
        ],
        defaultSubcommand: KeysRotateStatusCommand.self)
}

/// `lantern keys rotate status`
struct KeysRotateStatusCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say how far the rotation is, and what comes next.")

    @OptionGroup var home: HomeOptions
    @Option(
        name: .customLong("peer"),
        help: "A peer's home on this host: does it believe the key? May be repeated.", completion: .directory)
    var peers: [String] = []
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = try home.chosen()
        let ring = try Keyring(directory: home.keysDirectory)
        switch try home.keys.phase() {
        case .none: Output.line("no rotation under way; own key '\(ring.own.id)'")
        case .prepared:
            Output.line("prepared: '\(ring.next?.id ?? "")' will follow '\(ring.own.id)'")
            Output.line("next: authorise it at every peer, then `lantern keys rotate use`")
        case .inUse:
            Output.line("in use: '\(ring.own.id)' has followed '\(ring.previous?.id ?? "")'")
            Output.line("next: retire '\(ring.previous?.id ?? "")', at every peer and here")
        }
        let wanted = ring.next ?? ring.own
        for peer in peers {
            let believes = try wanted.isBelieved(in: LanternHome(path: peer))
            Output.line("\(peer): \(believes ? "believes" : "DOES NOT BELIEVE") '\(wanted.id)'")
        }
    }
}

/// `lantern keys rotate prepare`
struct KeysRotatePrepareCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: "Make the next key. Nobody uses it yet.",
        discussion: """
              lantern keys rotate prepare --home svc-home --days 365
              lantern keys rotate prepare --home svc-home --peer ns-home --peer client-home
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "The id of the next key. (default: the number at the end of the old one counts up)")
    var id: String?
    @OptionGroup var validity: ValidityOptions
    @Option(
        name: .customLong("peer"),
        help: "A peer's home on this host, which shall believe the next key as it believes the old one.",
        completion: .directory)
    var peers: [String] = []
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = try home.chosen()
        let old = try HandshakeKey(contentsOf: home.ownKeyFile)
        let key = try HandshakeKey.generate(
            id: id ?? KeyDirectory.successor(of: old.id), algorithm: old.algorithm,
            identities: old.identities, role: old.role, validity: validity.validity)
        try home.keys.prepare(key)
        Output.line("\(home.keys.next): \(key.id), \(key.algorithm.rawValue)")
        for peer in peers {
            guard try LanternHome(path: peer).keys.accept(key, like: old) else {
                throw CommandFailure(
                    .configuration,
                    "\(peer): does not believe '\(old.id)'; authorise '\(key.id)' there yourself")
            }
            Output.line("\(peer): believes '\(key.id)'")
        }
    }
}

/// `lantern keys rotate use`
struct KeysRotateUseCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "use",
        abstract: "Make the next key the own one.",
        discussion: """
            Peers that have not authorised it refuse the next connection; with --peer
            the homes of this host are looked at before. `undo` takes it back.

              lantern keys rotate use --home svc-home --peer ns-home
            """)

    @OptionGroup var home: HomeOptions
    @Option(
        name: .customLong("peer"),
        help: "A peer's home on this host that must believe the key. May be repeated.", completion: .directory
    )
    var peers: [String] = []
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = try home.chosen()
        if let next = try Keyring(directory: home.keysDirectory).next {
            for peer in peers where try !next.isBelieved(in: LanternHome(path: peer)) {
                throw CommandFailure(
                    .failed, "\(peer): does not believe '\(next.id)' yet; nothing was changed")
            }
        }
        try home.keys.useNext(at: wallClockMilliseconds())
        let ring = try Keyring(directory: home.keysDirectory)
        Output.line("\(home.ownKeyFile): \(ring.own.id), after \(ring.previous?.id ?? "")")
    }
}

/// `lantern keys rotate undo`
struct KeysRotateUndoCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Use the previous key again; the new one is the next one again.")

    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = try home.chosen()
        try home.keys.usePrevious(at: wallClockMilliseconds())
        let ring = try Keyring(directory: home.keysDirectory)
        Output.line("\(home.ownKeyFile): \(ring.own.id); next is \(ring.next?.id ?? "")")
    }
}

extension HandshakeKey {
    /// Whether another home has this very key among its authorised ones.
    fileprivate func isBelieved(in home: LanternHome) throws -> Bool {
        guard let known = try home.keys.authorizedKey(id) else { return false }
        return known.isSameKey(as: try authorizedKey(for: known.identities))
    }
}
