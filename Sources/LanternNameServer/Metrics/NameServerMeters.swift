import CoreMetrics
import Lantern
import Metrics
import Synchronization

/// The instruments of a name server.
final class NameServerMeters: Sendable {
    typealias Operation = MetricDescription.NameOperation
    typealias StoreOperation = MetricDescription.StoreOperation

    let registered, removed, leasesExpired, autocleaned: Counter
    private let operations: [String: Counter]
    private let refusals: [String: Counter]
    private let durations: [StoreOperation: Timer]
    private let failures: [StoreOperation: Counter]
    private let names, leases, watchers: Gauge
    private let watching = Atomic(0)

    /// - Returns: nil when the backend keeps nothing.
    init?(_ factory: any MetricsFactory) {
        guard !(factory is NOOPMetricsHandler) else { return nil }
        let counter = { (name: String, labels: [(String, String)]) in
            Counter(label: name, dimensions: labels, factory: factory)
        }
        registered = counter("lantern_ns_names_registered_total", [])
        removed = counter("lantern_ns_names_removed_total", [])
        leasesExpired = counter("lantern_ns_leases_expired_total", [])
        autocleaned = counter("lantern_ns_autocleaned_total", [])
        operations = Dictionary(
            uniqueKeysWithValues: Operation.allCases.map {
                ($0.rawValue, counter("lantern_ns_operations_total", [("operation", $0.rawValue)]))
            })
        refusals = Dictionary(
            uniqueKeysWithValues: NamingError.Code.allNames.map {
                ($0, counter("lantern_ns_refusals_total", [("reason", $0)]))
            })
        durations = Dictionary(
            uniqueKeysWithValues: StoreOperation.allCases.map {
                let labels = [("operation", $0.rawValue)]
                return (
                    $0,
                    Timer(label: "lantern_ns_store_duration_seconds", dimensions: labels, factory: factory)
                )
            })
        failures = Dictionary(
            uniqueKeysWithValues: StoreOperation.allCases.map {
                ($0, counter("lantern_ns_store_failures_total", [("operation", $0.rawValue)]))
            })
        names = Gauge(label: "lantern_ns_names", factory: factory)
        leases = Gauge(label: "lantern_ns_leases", factory: factory)
        watchers = Gauge(label: "lantern_ns_watchers", factory: factory)
    }

    func began(_ operation: Operation) { operations[operation.rawValue]?.increment() }

    /// - Parameter member: the method of a Pyro client, which has Python's underscores.
    func began(member: String) {
        if member == "set_metadata" { began(.setMetadata) } else { operations[member]?.increment() }
    }

    func refused(_ error: NamingError) { refusals["\(error.code)"]?.increment() }

    func watchBegan() { watchers.record(watching.add(1, ordering: .relaxed).newValue) }
    func watchEnded() { watchers.record(watching.subtract(1, ordering: .relaxed).newValue) }

    /// Times an operation of the store.
    func measure<Result>(
        _ operation: StoreOperation, _ work: () async throws -> Result
    ) async throws -> Result {
        let start = ContinuousClock.now
        defer {
            durations[operation]?.recordNanoseconds(start.duration(to: .now).wholeNanoseconds)
        }
        do {
            return try await work()
        } catch {
            if (error as? NamingError)?.code == .storeFailed { failures[operation]?.increment() }
            throw error
        }
    }

    /// Notes down how much there is, about once a second.
    func sample(names: Int?, leases: Int) {
        if let names { self.names.record(names) }
        self.leases.record(leases)
    }
}
