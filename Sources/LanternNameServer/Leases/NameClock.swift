/// Time that only goes forward, in milliseconds; tests bring their own.
public struct NameClock: Sendable {
    public let now: @Sendable () -> Int64

    public init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// The system's, which goes on while the machine sleeps: no lease outlives a suspended host.
    public static let system = NameClock { Int64((ContinuousClock.now - origin) / .milliseconds(1)) }

    private static let origin = ContinuousClock.now
}
