import ArgumentParser
import Lantern
import LanternNameServer
import LanternTLS
import LanternTrust

/// `lantern ns`: a name server.
struct NameServerCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "ns",
        abstract: "Run a name server until SIGTERM or SIGINT.",
        discussion: """
            Prints READY and its URI once it answers. Names live in names/names.db of
            the home, or on the etcd cluster that lantern.yaml names, and a change is
            answered when it is there for good. A name belongs to the identity that
            registered it. Every operation is answered after it is in the audit log.

              lantern ns --home ns-home
              lantern ns --host 0.0.0.0 --port 9090
            """)

    @OptionGroup var home: HomeOptions
    @OptionGroup var listen: ListenOptions
    @OptionGroup var protection: ProtectionOptions
    @Flag(help: "Keep names in memory only; they are gone at the end.")
    var memory = false
    @Option(
        help: "Every so many seconds, remove names whose address has not answered for 20 seconds; at least 3."
    )
    var autoclean: Double?
    @Flag(
        inversion: .prefixedNo,
        help: "Answer programs that look for a name server by UDP broadcast. (default: broadcast.answer)")
    var broadcast: Bool?
    @Option(help: "The UDP port of broadcasts; 0 takes a free one. (default: broadcast.port, 9091)")
    var broadcastPort: Int?
    @Option(help: "The IPv4 address to hear broadcasts on. (default: broadcast.host, 0.0.0.0)")
    var broadcastHost: String?
    @Option(
        help: """
            Tell health and numbers at unix:PATH, or over mutual TLS at https://HOST:PORT; may be repeated. \
            (default: monitoring of lantern.yaml)
            """)
    var metrics: [String] = []
    @OptionGroup var logging: LogOptions

    func validate() throws {
        if let broadcastPort, !(0...65_535).contains(broadcastPort) {
            throw ValidationError("--broadcast-port is 0 to 65535")
        }
        if let autoclean, !(3...86_400).contains(autoclean) {
            throw ValidationError("--autoclean is 3 to 86400 seconds")
        }
    }

    func perform() async throws {
        let home = try home.chosen()
        var settings = try Settings.load(home)
        protection.apply(to: &settings)
        listen.apply(to: &settings, fallback: NameServer.defaultPort)
        if let broadcast { settings.broadcast.isAnswering = broadcast }
        if let broadcastPort { settings.broadcast.port = broadcastPort }
        if let broadcastHost { settings.broadcast.host = broadcastHost }
        if !metrics.isEmpty {
            var monitoring = settings.monitoring ?? MonitoringSettings([])
            monitoring.places = try metrics.map { try MonitoringSettings.Place($0) }
            settings.monitoring = monitoring
        }
        let identity = try TLSContext(settings: settings.tls).ownCertificate.identity
        let audit = try NameServer.auditLog(of: home, origin: "\(identity)/audit")
        let store = try await NameServer.store(of: home, as: memory ? .memory : settings.nameStore)
        let server = try await NameServer(
            settings: settings, audit: audit, store: store,
            autoclean: autoclean.map { AutocleanSettings(interval: .seconds($0)) })
        server.daemon.announce(server.uri)
        if let port = server.broadcastPort {
            Output.error("lantern ns: answers broadcasts on port \(port)")
        }
        try await server.runUntilTerminated()
    }
}
