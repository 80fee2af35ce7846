import Glibc

/// Takes the shortest of several times.
///
/// Processor time of this thread: what others do on the machine meanwhile does not count.
struct Stopwatch {
    let rounds: Int
    let length: Duration

    /// - Returns: nanoseconds for one run of `body`.
    func nanoseconds(_ body: () throws -> Void) rethrows -> Double {
        var start = Self.now
        try body()
        let count = max(1, Int(Double(length / .nanoseconds(1)) / Double(max(Self.now - start, 100))))
        var best = Double.infinity
        for _ in 0..<rounds {
            start = Self.now
            for _ in 0..<count { try body() }
            best = min(best, Double(Self.now - start) / Double(count))
        }
        return best
    }

    /// Nanoseconds of one run, which cannot be repeated.
    static func once(_ body: () throws -> Void) rethrows -> Double {
        let start = now
        try body()
        return Double(now - start)
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
