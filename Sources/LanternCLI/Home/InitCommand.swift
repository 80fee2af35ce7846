import ArgumentParser
import Glibc
import Lantern
import LanternTrust

/// `lantern init`: makes a complete lantern home.
struct InitCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a complete lantern home: certificate, handshake key, policy, settings.",
        discussion: """
            The certificate authority that signs is made beside the home, in
            DIR-authority, unless --authority names one. The home believes its own
            handshake key, and its policy lets its own identity do everything: name
            server, services and clients of one laptop can all use it.

              lantern init ~/lantern
              lantern init --authority ca --identity spiffe://example.org/svc/warehouse \\
                  --dns svc.example.org --ip 10.0.0.7 svc-home

            Nothing that exists is overwritten.
            """)

    @Argument(help: "The directory to make.", completion: .directory)
    var directory: String
    @Option(help: "The identity in the certificate.")
    var identity = "spiffe://lantern.local/host"
    @Option(
        help: "The directory of the authority; made when there is none. (default: DIR-authority)",
        completion: .directory)
    var authority: String?
    @Option(help: "A host name for the certificate; may be repeated. (default: localhost)")
    var dns: [String] = []
    @Option(help: "An address for the certificate; may be repeated. (default: 127.0.0.1 and ::1)")
    var ip: [String] = []
    @Option(
        help: "The handshake key's: ed25519, or hmac-sha512-256 for Python without PyNaCl.",
        completion: .list(["ed25519", "hmac-sha512-256"]))
    var algorithm = "ed25519"
    @Option(
        name: .customLong("not-before"), parsing: .unconditional,
        help: "Days from now at which the certificate becomes valid; may be negative. (default: now)")
    var notBefore: Int?
    @Option(
        name: .customLong("not-after"), parsing: .unconditional,
        help: "Days from now at which it expires; may be negative. (default: 365)")
    var notAfter: Int?
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        var plan = HomeFactory.Plan(identity: try spiffeID())
        guard let algorithm = HandshakeAlgorithm(rawValue: algorithm) else {
            throw ValidationError("--algorithm is ed25519 or hmac-sha512-256, not '\(algorithm)'")
        }
        plan.algorithm = algorithm
        if !dns.isEmpty { plan.dnsNames = dns }
        if !ip.isEmpty { plan.addresses = ip }
        plan.notBefore = try notBefore.map(Self.seconds)
        plan.notAfter = try notAfter.map(Self.seconds)
        plan.policy = HomeTexts.policy(for: plan.identity)
        plan.settings = HomeTexts.settings
        let path = Self.withoutSlash(directory)
        let factory = try HomeFactory(directory: authority ?? path + "-authority")
        let home = try factory.make(path, plan)
        try HomeFactory.authorize(home, identity: plan.identity, in: home)
        Output.line(
            """
            \(home.path): \(plan.identity), certificate by \(factory.certificateFile)
            next: export LANTERN_HOME=\(home.path); lantern check-config; lantern ns
            """)
    }

    private func spiffeID() throws -> SPIFFEID {
        let example = "for example spiffe://example.org/svc/warehouse"
        let id: SPIFFEID
        do { id = try SPIFFEID(identity) } catch {
            throw CommandFailure(
                .usage, "--identity \(Shown.text(identity)): \(error.detail); \(example)")
        }
        guard !id.path.isEmpty else {
            throw CommandFailure(
                .usage,
                "--identity \(identity): it names a trust domain and nobody in it, so that no peer would take the "
                    + "certificate; add a path, \(example)")
        }
        return id
    }

    /// Seconds since 1970, this many days from now.
    private static func seconds(_ days: Int) throws -> Int64 {
        guard abs(days) <= 1_000_000 else { throw ValidationError("\(days) days are too many") }
        return Int64(time(nil)) + Int64(days) * 86_400
    }

    private static func withoutSlash(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? withoutSlash(String(path.dropLast())) : path
    }
}
