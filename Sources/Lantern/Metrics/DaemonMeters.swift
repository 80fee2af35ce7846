package import CoreMetrics
import LanternTrust
import LanternValue
import Metrics

/// The instruments of a daemon. There are none, and nothing is measured, where metrics go nowhere.
package final class DaemonMeters: Sendable {
    typealias HandshakeReason = MetricDescription.HandshakeReason
    typealias CallReason = MetricDescription.CallReason
    typealias CallResult = MetricDescription.CallResult

    let accepted, admitted, distrusted, received, sent: Counter
    private let handshakesRefused: [HandshakeReason: Counter]
    private let callsRefused: [CallReason: Counter]
    private let succeeded, failed, cancelled: Counter
    private let durations, auditTimes: Timer
    private let open, pending, running: Gauge
    private let auditWaiting, auditOldest, auditFailing: Gauge

    /// - Returns: nil when the backend keeps nothing.
    package init?(_ factory: any MetricsFactory) {
        guard !(factory is NOOPMetricsHandler) else { return nil }
        let counter = { (name: String, labels: [(String, String)]) in
            Counter(label: name, dimensions: labels, factory: factory)
        }
        let gauge = { (name: String, labels: [(String, String)]) in
            Gauge(label: name, dimensions: labels, factory: factory)
        }
        accepted = counter("lantern_connections_accepted_total", [])
        admitted = counter("lantern_handshakes_total", [])
        distrusted = counter("lantern_connections_distrusted_total", [])
        received = counter("lantern_received_bytes_total", [])
        sent = counter("lantern_sent_bytes_total", [])
        handshakesRefused = Dictionary(
            uniqueKeysWithValues: HandshakeReason.allCases.map {
                ($0, counter("lantern_handshakes_refused_total", [("reason", $0.rawValue)]))
            })
        callsRefused = Dictionary(
            uniqueKeysWithValues: CallReason.allCases.map {
                ($0, counter("lantern_calls_refused_total", [("reason", $0.rawValue)]))
            })
        succeeded = counter("lantern_calls_total", [("result", CallResult.ok.rawValue)])
        failed = counter("lantern_calls_total", [("result", CallResult.error.rawValue)])
        cancelled = counter("lantern_calls_total", [("result", CallResult.cancelled.rawValue)])
        durations = Timer(label: "lantern_call_duration_seconds", factory: factory)
        auditTimes = Timer(label: "lantern_audit_record_duration_seconds", factory: factory)
        open = gauge("lantern_connections", [("state", "open")])
        pending = gauge("lantern_connections", [("state", "pending")])
        running = gauge("lantern_calls_running", [])
        auditWaiting = gauge("lantern_audit_waiting", [])
        auditOldest = gauge("lantern_audit_oldest_waiting_seconds", [])
        auditFailing = gauge("lantern_audit_failing", [])
    }

    func refused(_ reason: HandshakeReason) { handshakesRefused[reason]?.increment() }

    func refused(_ error: any Error, isDenial: Bool) {
        callsRefused[isDenial ? .policy : CallReason(error)]?.increment()
    }

    /// A call that was run has ended.
    func ended(_ result: CallResult, since arrival: ContinuousClock.Instant) {
        switch result {
        case .ok: succeeded.increment()
        case .error: failed.increment()
        case .cancelled: cancelled.increment()
        }
        durations.recordNanoseconds(nanoseconds(since: arrival))
    }

    /// An event is in the audit log, or was refused.
    func recorded(since start: ContinuousClock.Instant) {
        auditTimes.recordNanoseconds(nanoseconds(since: start))
    }

    private func nanoseconds(since start: ContinuousClock.Instant) -> Int64 {
        start.duration(to: .now).wholeNanoseconds
    }

    /// Notes down what only the moment knows: once a second, and before numbers are read.
    func sample(_ core: DaemonCore) {
        let census = core.census.counts
        open.record(census.open)
        pending.record(census.pending)
        running.record(core.budget.inUse)
        guard let audit = core.audit else { return }
        let lag = audit.lag
        auditWaiting.record(lag.waiting)
        auditOldest.record(Double(lag.oldest.wholeNanoseconds) / 1_000_000_000)
        auditFailing.record((try? audit.admit()) == nil ? 1 : 0)
    }
}

extension MetricDescription.CallReason {
    init(_ error: any Error) {
        self =
            switch error {
            case is QuotaRefusal: .quota
            case is ValueError: .malformed
            case let error as LanternError where error.code == .unknownObject: .unknownObject
            case let error as LanternError where error.code == .messageTooLarge: .tooLarge
            case let error as LanternError where error.code == .serializerRefused: .serializer
            case let error as RemoteError where error.type == "builtins.AttributeError": .unknownMember
            default: .other
            }
    }
}

extension Duration {
    /// As many as fit; nothing of it traps.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isFar) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isFar ? (seconds < 0 ? .min : .max) : whole &+ attoseconds / 1_000_000_000
    }
}
