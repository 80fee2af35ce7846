/// Fills at a rate up to a bound. Whoever takes may take more than there is, and the next waits until that is paid back.
struct TokenBucket: Sendable {
    private(set) var level: Double
    private var last: Int64

    /// A full one.
    init(_ rate: Quota.Rate, now: Int64) {
        level = rate.burst
        last = now
    }

    /// - Parameter now: nanoseconds; an earlier time than the last one changes nothing.
    mutating func fill(_ rate: Quota.Rate, now: Int64) {
        let (elapsed, isAbsurd) = now.subtractingReportingOverflow(last)
        guard elapsed > 0 || isAbsurd else {
            level = min(level, rate.burst)
            return
        }
        last = now
        level = isAbsurd ? rate.burst : min(rate.burst, level + Double(elapsed) * 1e-9 * rate.perSecond)
    }

    mutating func take(_ amount: Double) { level -= amount }

    /// Seconds until there is so much.
    func wait(for amount: Double, _ rate: Quota.Rate) -> Double {
        max(0, (amount - level) / rate.perSecond)
    }
}
