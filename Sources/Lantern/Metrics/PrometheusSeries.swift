import CoreMetrics
import Synchronization

/// One series of a ``PrometheusRegistry``: what instruments write to, with atomics only.
class PrometheusSeries: @unchecked Sendable {  // Subclasses have constant and atomic members only.
    /// As they stand in the text, without braces: `a="1",b="2"`.
    let labels: String

    init(labels: String) { self.labels = labels }

    func write(_ name: String, into text: inout PrometheusText) {}
}

/// A count of whole things.
final class CountSeries: PrometheusSeries, CounterHandler, @unchecked Sendable {
    private let value = Atomic<Int64>(0)

    /// A counter never goes back.
    func increment(by amount: Int64) {
        if amount > 0 { value.wrappingAdd(amount, ordering: .relaxed) }
    }

    func reset() { value.store(0, ordering: .relaxed) }

    override func write(_ name: String, into text: inout PrometheusText) {
        text.line(name, labels, "\(value.load(ordering: .relaxed))")
    }
}

/// A number that is set, or grows by fractions.
final class NumberSeries: PrometheusSeries, FloatingPointCounterHandler, RecorderHandler, MeterHandler,
    @unchecked Sendable
{
    private let bits = Atomic<UInt64>(0)

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func increment(by amount: Double) { bits.add(amount) }
    func decrement(by amount: Double) { bits.add(-amount) }
    func reset() { set(0.0) }

    override func write(_ name: String, into text: inout PrometheusText) {
        text.line(name, labels, PrometheusText.number(Double(bitPattern: bits.load(ordering: .relaxed))))
    }
}

/// How many values were up to each of some bounds, and their sum.
///
/// Unchecked, because of the pointer: it never changes between `init` and `deinit`, and what it points to is atomic.
final class HistogramSeries: PrometheusSeries, RecorderHandler, TimerHandler, @unchecked Sendable {
    private let bounds: [Double]
    /// One for each bound, and one for what is above all.
    private let counts: UnsafeMutablePointer<Atomic<UInt64>>
    private let sum = Atomic<UInt64>(0)

    init(labels: String, bounds: [Double]) {
        self.bounds = bounds
        counts = .allocate(capacity: bounds.count + 1)
        for place in 0...bounds.count { (counts + place).initialize(to: Atomic(0)) }
        super.init(labels: labels)
    }

    deinit {
        counts.deinitialize(count: bounds.count + 1)
        counts.deallocate()
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        var place = 0
        // There are a dozen or two, and most values are among the first.
        while place < bounds.count, value > bounds[place] { place += 1 }
        counts[place].wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    /// Timers are shown in seconds, as Prometheus wants them.
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    override func write(_ name: String, into text: inout PrometheusText) {
        let separator = labels.isEmpty ? "" : ","
        var total: UInt64 = 0
        for place in 0...bounds.count {
            total &+= counts[place].load(ordering: .relaxed)
            let bound = place < bounds.count ? PrometheusText.number(bounds[place]) : "+Inf"
            text.line(name + "_bucket", labels + separator + "le=\"\(bound)\"", "\(total)")
        }
        text.line(
            name + "_sum", labels,
            PrometheusText.number(Double(bitPattern: sum.load(ordering: .relaxed))))
        // From the same reading as the buckets: the two must never disagree.
        text.line(name + "_count", labels, "\(total)")
    }
}

extension Atomic where Value == UInt64 {
    /// Adds to the number whose bits these are.
    fileprivate borrowing func add(_ amount: Double) {
        var old = load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (done, now) = weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if done { return }
            old = now
        }
    }
}
