import Lantern
import LanternTrust
import Logging

/// What a program that runs with this home says about its trust: ``TrustHealth`` as of now.
struct HealthExamination {
    let home: LanternHome

    /// What would be logged is in the findings.
    private static let silent = Logger(label: "lantern.doctor") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter others: what was found before. What keeps a program from starting is said once.
    func findings(after others: [DoctorFinding]) -> [DoctorFinding] {
        let health: TrustHealth
        do {
            var settings = try Settings.load(home)
            settings.trust.isWatching = false
            health = try LiveTrust(settings, logger: Self.silent).health
        } catch {
            guard !others.contains(where: { $0.level == .wrong }) else { return [] }
            return [
                .wrong(
                    "health-unknown", "health",
                    "no program can start with this home: \(ErrorText.text(of: error))", file: home.path)
            ]
        }
        guard health.status != .green else {
            return [.ok("health", "green: certificate, keys, roots and lists last long enough")]
        }
        return health.reasons.map { reason in
            // Red comes before the end: what is over is found where it belongs.
            .warning(
                "health-\(reason.status)", "health", "\(reason.status): \(reason.detail)",
                file: reason.file == "keys/" ? home.keysDirectory : reason.file, do: reason.advice)
        }
    }
}
