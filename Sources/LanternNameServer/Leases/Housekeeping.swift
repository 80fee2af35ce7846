import CoreMetrics
import Lantern
import LanternTrust
import Logging
import Synchronization

/// What a name server does by itself: ends leases, and looks after servers that do not answer.
final class Housekeeping: Sendable {
    private static let interval = Duration.milliseconds(500)

    private let registry: NameRegistry
    private let audit: any AuditSink
    private let autoclean: Autoclean?
    private let logger: Logger

    init(registry: NameRegistry, audit: any AuditSink, autoclean: Autoclean?, logger: Logger) {
        self.registry = registry
        self.audit = audit
        self.autoclean = autoclean
        self.logger = logger
    }

    /// Until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.repeating { await self.round() } }
            // Beside the rounds: a store that does not answer holds none of them up.
            if registry.meters != nil { group.addTask { await self.repeating { await self.sample() } } }
        }
    }

    private func repeating(_ work: () async -> Void) async {
        while !Task.isCancelled {
            await work()
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Notes down how much there is.
    func sample() async {
        guard let meters = registry.meters else { return }
        meters.sample(names: try? await registry.ownStore.count(), leases: registry.leases.remaining().count)
    }

    /// What was last said of the audit log's health.
    private let complaint = Mutex<String?>(nil)

    /// Says once that the audit log cannot be written, and once that it can again.
    private func lookAtAudit() {
        var reason: String?
        do { try audit.admit() } catch { reason = "\(error)" }
        let before = complaint.withLock { complaint in
            defer { complaint = reason }
            return complaint
        }
        guard (before == nil) != (reason == nil) else { return }
        if let reason {
            logger.critical(
                "operations are refused: the audit log cannot be written", metadata: ["reason": "\(reason)"])
        } else {
            logger.notice("the audit log can be written again")
        }
    }

    func round() async {
        lookAtAudit()
        do {
            for (lease, names) in try await registry.expireLeases() {
                registry.meters?.leasesExpired.increment()
                logger.info(
                    "lease ended", metadata: ["epoch": "\(lease.epoch)", "owner": "\(lease.owner)"])
                await record("expire", target: names.joined(separator: " "), "epoch \(lease.epoch)")
            }
        } catch {
            logger.error("leases not ended", metadata: ["error": "\(error)"])
        }
        guard let autoclean else { return }
        do {
            for entry in try await autoclean.round(registry) {
                registry.meters?.autocleaned.increment()
                logger.info("name removed: no answer", metadata: ["uri": "\(entry.uri)"])
                await record("autoclean", target: entry.name, "no answer from \(entry.uri)")
            }
        } catch {
            logger.error("autoclean failed", metadata: ["error": "\(error)"])
        }
    }

    private func record(_ method: String, target: String, _ result: String) async {
        let actor = "name server"
        var event = AuditEvent(
            time: wallClockMilliseconds(), actor: actor, keyID: "", fingerprint: "", address: "",
            object: LanternNameServer.objectID, method: method, correlationID: "")
        event.decision = "permit"
        event.target = String(target.prefix(1024))
        event.result = result
        do {
            try await audit.record(event)
        } catch {
            // It is done all the same: a dead instance that stays would be worse than a missing line.
            logger.error("not in the audit log", metadata: ["method": "\(method)", "error": "\(error)"])
        }
    }
}
