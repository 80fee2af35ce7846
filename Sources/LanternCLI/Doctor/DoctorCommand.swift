import ArgumentParser
import Lantern

/// `lantern doctor`: what is wrong with a home, with a peer, and what to mend.
struct DoctorCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at a home, and at live peers, and say what is wrong and which file to mend.",
        discussion: """
            Looks at files, permissions, key and certificate, names, times, chain,
            revocation lists, handshake keys, policy and audit log. With --peer it also
            connects, as a client of this home would: name, network, TLS, identity,
            clock, handshake key, policy.

              lantern doctor --home ~/lantern
              lantern doctor --name-server --peer PYRONAME:example.warehouse
              lantern doctor --json | jq '.[] | select(.level == "wrong")'

            Exit status: 0 nothing is wrong (warnings do not count, unless --strict),
            78 something in the home, 69 a peer is not reachable, 77 a peer refused.
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "An object to connect to, as a URI; may be repeated.")
    var peer: [String] = []
    @Flag(help: "Connect to the name server of lantern.yaml.")
    var nameServer = false
    @Flag(help: "Ask the daemon that runs with this home, at the place of monitoring in lantern.yaml.")
    var running = false
    @Flag(help: "Warnings make the exit status 1.")
    var strict = false
    @Flag(help: "One JSON list of objects with code, level, part, text, file and remedy.")
    var json = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let home = try home.chosen()
        var findings = HomeExamination(home: home).findings()
        if nameServer || !peer.isEmpty {
            findings += await PeerExamination(home: home).findings(
                uris: peer, asksNameServer: nameServer)
        }
        if running { findings.append(await RunningExamination(home: home).finding()) }
        if json {
            Output.line(try JSONForm.text(.list(findings.map(\.value))))
        } else {
            for finding in findings { Output.line(finding.line) }
        }
        if let status = Self.status(of: findings, isStrict: strict) { throw ExitCode(status) }
    }

    /// What is wrong at home comes first: with that mended, a peer may be content.
    private static func status(of findings: [DoctorFinding], isStrict: Bool) -> Int32? {
        let wrong = findings.filter { $0.level == .wrong }.map(\.status.rawValue)
        for status in [ExitStatus.configuration, .refused, .unavailable] where wrong.contains(status.rawValue)
        {
            return status.rawValue
        }
        if let other = wrong.first { return other }
        let isWarned = findings.contains { $0.level == .warning }
        return isStrict && isWarned ? ExitStatus.failed.rawValue : nil
    }
}
