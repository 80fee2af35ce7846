/// Takes the shortest of several times: what others do on the machine only adds.
struct Stopwatch {
    let rounds: Int
    let length: Duration

    /// - Returns: nanoseconds for one run of `body`.
    func nanoseconds(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let once = try clock.measure(body)
        let count = max(1, Int(length / max(once, .nanoseconds(100))))
        var best = Double.infinity
        for _ in 0..<rounds {
            let time = try clock.measure { for _ in 0..<count { try body() } }
            best = min(best, time / .nanoseconds(1) / Double(count))
        }
        return best
    }
}
