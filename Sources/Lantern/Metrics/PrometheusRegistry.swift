public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that keeps all numbers in memory and writes them as Prometheus reads them.
///
/// ```swift
/// let registry = PrometheusRegistry()
/// MetricsSystem.bootstrap(registry)             // or: settings.metrics = registry, for one daemon alone
/// print(registry.exposition)
/// ```
///
/// Instruments write with atomics only; making one takes a lock. Equal names with equal labels are one series, however
/// often they are made. Names are mended (`_` for what a name cannot have), a name that is of another kind already and
/// series over the limit go nowhere and are counted in `lantern_metrics_series_dropped_total`.
public final class PrometheusRegistry: MetricsFactory {
    /// What the instruments of a program may cost.
    public struct Limits: Sendable, Hashable {
        /// Series of all metrics together; a histogram is one.
        public var series = 10_000
        /// Characters of a label's value; longer ones are cut.
        public var labelValue = 256

        public init() {}
    }

    /// Seconds; for timers that no description says more about.
    public static let defaultTimes: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5,
        5, 10, 60,
    ]
    /// For recorders that no description says more about.
    public static let defaultSizes: [Double] = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
    ]
    private static let dropped = MetricDescription(
        "lantern_metrics_series_dropped_total", .counter,
        help: "Series that were not taken because there are too many, or their name is of another kind.")

    private struct Family {
        let kind: MetricDescription.Kind
        var series: [String: Entry] = [:]
    }

    private struct Entry {
        let series: PrometheusSeries
        /// Instruments that were made and not destroyed.
        var uses = 1
    }

    private struct State {
        var families: [String: Family] = [:]
        var descriptions: [String: MetricDescription] = [:]
        var count = 0
    }

    private let limits: Limits
    private let state = Mutex(State())
    private let drops = CountSeries(labels: "")

    /// - Parameter descriptions: texts and buckets for metrics, by name.
    public init(_ descriptions: [MetricDescription] = [], limits: Limits = .init()) {
        self.limits = limits
        describe([Self.dropped] + descriptions)
    }

    /// Texts and buckets for metrics that are made from now on; the first description of a name counts.
    public func describe(_ descriptions: [MetricDescription]) {
        state.withLock { state in
            for description in descriptions where state.descriptions[description.name] == nil {
                state.descriptions[description.name] = description
            }
        }
    }

    /// All series as text: metrics in the order of their names, each with its kind.
    public var exposition: [UInt8] {
        let (families, descriptions) = state.withLock { ($0.families, $0.descriptions) }
        var text = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.head(name, family.kind, help: descriptions[name]?.help ?? "")
            for (_, entry) in family.series.sorted(by: { $0.key < $1.key }) {
                entry.series.write(name, into: &text)
            }
        }
        text.head(Self.dropped.name, .counter, help: Self.dropped.help)
        drops.write(Self.dropped.name, into: &text)
        return text.bytes
    }

    /// The MIME type of ``exposition``.
    public static var contentType: String { PrometheusText.contentType }

    // MARK: - Making

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { labels, _ in CountSeries(labels: labels) }
            ?? NOOPMetricsHandler.instance
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { labels, _ in NumberSeries(labels: labels) }
            ?? NOOPMetricsHandler.instance
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { labels, _ in NumberSeries(labels: labels) }
            ?? NOOPMetricsHandler.instance
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return series(label, dimensions, .gauge) { labels, _ in NumberSeries(labels: labels) }
                ?? NOOPMetricsHandler.instance
        }
        return series(label, dimensions, .histogram) { labels, buckets in
            HistogramSeries(labels: labels, bounds: buckets ?? Self.defaultSizes)
        } ?? NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { labels, buckets in
            HistogramSeries(labels: labels, bounds: buckets ?? Self.defaultTimes)
        } ?? NOOPMetricsHandler.instance
    }

    private func series<Series: PrometheusSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricDescription.Kind,
        _ make: (_ labels: String, _ buckets: [Double]?) -> Series
    ) -> Series? {
        let name = PrometheusText.name(label, colons: true)
        let labels = PrometheusText.labels(dimensions, limit: limits.labelValue)
        let found = state.withLock { state -> Series? in
            var family = state.families[name] ?? Family(kind: kind)
            guard family.kind == kind, name != Self.dropped.name else { return nil }
            if let known = family.series[labels] {
                guard let series = known.series as? Series else { return nil }
                family.series[labels]?.uses += 1
                state.families[name] = family
                return series
            }
            guard state.count < limits.series else { return nil }
            let made = make(labels, state.descriptions[name]?.buckets)
            family.series[labels] = Entry(series: made)
            state.families[name] = family
            state.count += 1
            return made
        }
        if found == nil { drops.increment(by: 1) }
        return found
    }

    // MARK: - Destroying

    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    /// The series goes with the last instrument that was made for it.
    private func destroy(_ handler: AnyObject) {
        guard let series = handler as? PrometheusSeries else { return }
        state.withLock { state in
            for (name, family) in state.families {
                guard let entry = family.series[series.labels], entry.series === series else { continue }
                if entry.uses > 1 {
                    state.families[name]?.series[series.labels]?.uses -= 1
                } else {
                    state.families[name]?.series[series.labels] = nil
                    state.count -= 1
                    if state.families[name]?.series.isEmpty == true { state.families[name] = nil }
                }
                return
            }
        }
    }
}
