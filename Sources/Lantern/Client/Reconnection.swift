/// How long to wait before the next attempt to connect, after attempts that failed.
struct Reconnection: Sendable, Hashable {
    private(set) var failures = 0
    private(set) var notBefore: ContinuousClock.Instant?

    static let first = Duration.milliseconds(50)
    static let longest = Duration.seconds(5)

    mutating func succeeded() { self = Self() }

    /// Doubles the pause, from 50 ms to 5 s, and shortens it by up to a half so that clients do not come in step.
    mutating func failed(now: ContinuousClock.Instant, jitter: Double) {
        let doubled = Self.first * (1 << min(failures, 7))
        let pause = min(doubled, Self.longest)
        failures += 1
        notBefore = now.advanced(by: pause * (1 - 0.5 * min(max(jitter, 0), 1)))
    }
}
