import ArgumentParser
import Lantern

/// `lantern health`: asks a running program of this home how it is, for probes of orchestrators.
struct HealthCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a running daemon whether it should be sent work.",
        discussion: """
            Asks the place that `monitoring` in lantern.yaml names, the Unix socket when
            there is one. Prints what the daemon answers.

              lantern health --home ns-home
              lantern health --home ns-home --live
              lantern health --home ns-home --metrics | grep lantern_ns_names
              lantern health --home prober --at https://ns.example.org:9102 --identity spiffe://example.org/ns

            Exit status: 0 ready (with --live: alive), 1 not, 69 nobody answers,
            77 refused, 78 the home names no place.
            """)

    @OptionGroup var home: HomeOptions
    @Flag(help: "Ask only whether the process works.")
    var live = false
    @Flag(help: "Print the numbers.")
    var metrics = false
    @Option(help: "Ask at unix:PATH or https://HOST:PORT instead.")
    var at: String?
    @Option(help: "The identity that the daemon must have, for https. (default: that of the home)")
    var identity: String?
    @Option(help: "Wait so many seconds for an answer.")
    var timeout: Double = 5
    @OptionGroup var logging: LogOptions

    func validate() throws {
        if live && metrics { throw ValidationError("--live or --metrics, not both") }
        guard (0.1...600).contains(timeout) else { throw ValidationError("--timeout is 0.1 to 600 seconds") }
    }

    func perform() async throws {
        let settings = try home.settings()
        let client = MonitoringClient(settings, place: try place(settings), identity: identity)
        let path = metrics ? "/metrics" : live ? "/healthz" : "/readyz"
        let answer = try await client.get(path, within: .seconds(timeout))
        Output.text(answer.text)
        switch answer.status {
        case 200: return
        case 403: throw ExitCode(ExitStatus.refused.rawValue)
        default: throw ExitCode(ExitStatus.failed.rawValue)
        }
    }

    private func place(_ settings: Settings) throws -> MonitoringSettings.Place {
        if let at { return try MonitoringSettings.Place(at) }
        let places = settings.monitoring?.places ?? []
        guard let place = MonitoringSettings.nearest(of: places) else {
            throw LanternError(
                .configuration,
                "lantern.yaml says nothing of monitoring; set monitoring.unix-socket, or give --at PLACE")
        }
        return place
    }
}

extension MonitoringSettings {
    /// A Unix socket where there is one.
    static func nearest(of places: [Place]) -> Place? {
        places.first { if case .unixSocket = $0 { true } else { false } } ?? places.first
    }
}
