/// When a client makes a connection anew, so that it never stands on a certificate that ends.
enum RenewalSchedule {
    /// Waits until a quarter to an eighth of the peer's certificate's time is left. The peer may have no other
    /// certificate by then: after that half of what is left, again and again, so that there are few tries.
    ///
    /// - Parameters:
    ///   - notBefore: seconds since 1970, as the other times.
    ///   - jitter: 0 to 1, another one for each connection.
    /// - Returns: nil when it is too late.
    static func wait(notBefore: Int64, notAfter: Int64, now: Int64, jitter: Double) -> Duration? {
        let (whole, isAbsurd) = notAfter.subtractingReportingOverflow(notBefore)
        let (left, isFar) = notAfter.subtractingReportingOverflow(now)
        guard !isAbsurd, !isFar, whole > 0, left > 1 else { return nil }
        let jitter = min(max(jitter, 0), 1)
        let window = Double(whole) / 4
        let rest = Double(left)
        let wait = rest > window ? rest - window * (1 - jitter / 2) : rest / 2 * (1 - jitter / 4)
        // Ten years is beyond any process, and inside of what clocks can add.
        return .seconds(min(max(wait, 1), 3_650 * 86_400))
    }
}
