import Lantern

/// What the daemon that runs with a home says of itself.
struct RunningExamination {
    let home: LanternHome

    func finding() async -> DoctorFinding {
        do {
            let settings = try Settings.load(home)
            guard let place = MonitoringSettings.nearest(of: settings.monitoring?.places ?? []) else {
                return .wrong(
                    "running-unknown", "running", "lantern.yaml says nothing of monitoring",
                    file: home.settingsFile, do: "set monitoring.unix-socket")
            }
            let answer = try await MonitoringClient(settings, place: place).get("/readyz")
            if answer.status == 200 { return .ok("running", "the running daemon is ready") }
            return .wrong(
                "running-not-ready", "running", "the running daemon says: \(answer.text)",
                status: answer.status == 403 ? .refused : .unavailable)
        } catch {
            return .wrong(
                "running-unreachable", "running", "the daemon does not answer: \(ErrorText.text(of: error))",
                status: .unavailable)
        }
    }
}
