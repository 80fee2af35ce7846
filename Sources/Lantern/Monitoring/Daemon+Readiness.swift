import LanternTrust
import NIOCore
import Synchronization

extension Daemon {
    /// Whether this daemon should be sent work: it runs, does not drain, peers can get in, what the policy wants in the
    /// audit log gets there, and every part that the program named is well.
    ///
    /// What `health` says in red before it is over is among the ``Readiness/warnings``: a daemon that still serves stays
    /// in service.
    public func readiness() async -> Readiness {
        var reasons: [Readiness.Reason] = []
        switch phase.withLock({ $0 }) {
        case .starting: reasons.append(.init(part: "starting", detail: "the daemon does not run yet"))
        case .ending: reasons.append(.init(part: "draining", detail: "the daemon is shutting down"))
        case .running: break
        }
        let health = health
        for reason in health.reasons where reason.shutsOut {
            reasons.append(.init(part: "trust", detail: "\(reason.file): \(reason.detail); \(reason.advice)"))
        }
        if let audit = core.audit {
            do { try audit.admit() } catch {
                let detail = (error as? AuditError)?.shortReason ?? "\(error)"
                reasons.append(.init(part: "audit", detail: "the audit log cannot be written: \(detail)"))
            }
        }
        reasons += await complaints(of: readinessChecks.withLock { $0 })
        let warnings = health.reasons.filter { !$0.shutsOut && $0.status == .red }.map {
            Readiness.Reason(part: "trust", detail: "\($0.file): \($0.detail); \($0.advice)")
        }
        return Readiness(reasons: reasons, warnings: warnings)
    }

    private func complaints(of checks: [ReadinessCheck]) async -> [Readiness.Reason] {
        let eventLoop = settings.eventLoopGroup.any()
        return await withTaskGroup(of: (Int, String?).self) { group in
            for (place, check) in checks.enumerated() {
                group.addTask { (place, await check.complaint(on: eventLoop)) }
            }
            var found: [(Int, String)] = []
            for await (place, complaint) in group {
                if let complaint { found.append((place, complaint)) }
            }
            return found.sorted { $0.0 < $1.0 }.map { .init(part: checks[$0.0].part, detail: $0.1) }
        }
    }

    /// Makes readiness depend on a part of the program, a database for example.
    ///
    /// - Parameters:
    ///   - part: its name in answers.
    ///   - time: without an answer for so long the daemon is not ready.
    ///   - check: throws what is wrong; asked whenever somebody asks for readiness, and never twice at once.
    public func addReadinessCheck(
        _ part: String, within time: Duration = .seconds(2),
        _ check: @escaping @Sendable () async throws -> Void
    ) {
        let check = ReadinessCheck(part: part, within: time, check)
        readinessChecks.withLock { $0.append(check) }
    }

    /// Whether every event loop and a thread for handlers do something when they are asked, within the time.
    public func isAlive(within time: Duration = .seconds(2)) async -> Bool {
        let group = settings.eventLoopGroup
        let check = ReadinessCheck(part: "alive", within: time) {
            guard await Liveness.isGiven(of: group) else {
                throw LanternError(.shuttingDown, "an event loop does not run")
            }
        }
        return await check.complaint(on: group.any()) == nil
    }

    /// The places that ``Settings/monitoring`` opened, with the ports that were taken.
    public var monitoringPlaces: [MonitoringSettings.Place] { monitoring?.places ?? [] }

    /// The numbers as they are now, as Prometheus reads them; nil where the daemon keeps none itself.
    public var exposition: [UInt8]? {
        core.meters?.sample(core)
        return settings.exposition?.exposition
    }
}

/// Whether the threads of this process do something when they are asked.
enum Liveness {
    /// Waits for as long as it takes: who hangs gives no sign of life.
    static func isGiven(of group: (any EventLoopGroup)?) async -> Bool {
        if let group {
            for loop in group.makeIterator() {
                guard (try? await loop.submit {}.get()) != nil else { return false }
            }
        }
        await Task(executorPreference: HandlerExecutor.shared) {}.value
        return !Task.isCancelled
    }
}
