import Synchronization

/// How many calls of a client may be tried again: a share of all calls, and some in any case.
///
/// When a service is down every call fails; if each were repeated, the service would come back to a multiple of its
/// load. What is over the budget fails with the error of its first try.
public struct RetryBudgetSettings: Sendable, Hashable {
    /// Retries for each call that may be retried, 0.2 being one for five calls.
    public var share: Double
    /// Retries that are there at the start, and come back over ten seconds when they are used up.
    public var floor: Int

    public init(share: Double = 0.2, floor: Int = 10) {
        self.share = share
        self.floor = floor
    }
}

/// A token bucket of retries, shared by the proxies of a client.
package final class RetryBudget: Sendable {
    private struct State {
        /// Thousandths of a retry.
        var tokens: Int
        var filledAt: ContinuousClock.Instant
    }

    private static let one = 1_000
    /// The most that is kept, as a multiple of the floor: a long quiet time does not save up for a storm.
    private static let depth = 10
    private static let refillTime = 10

    private let share: Int
    private let floor: Int
    private let most: Int
    private let state: Mutex<State>

    package init(_ settings: RetryBudgetSettings, now: ContinuousClock.Instant = .now) {
        let share = settings.share.isFinite ? min(max(settings.share, 0), 1) : 0
        self.share = Int(share * Double(Self.one))
        floor = min(max(settings.floor, 0), 100_000) * Self.one
        most = max(floor, Self.one) * Self.depth
        state = Mutex(State(tokens: floor, filledAt: now))
    }

    /// A call that may be retried was made.
    package func earn() {
        state.withLock { $0.tokens = min($0.tokens + share, most) }
    }

    /// - Returns: whether a retry may be made; it is taken then.
    package func spend(now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            refill(&state, now)
            guard state.tokens >= Self.one else { return false }
            state.tokens -= Self.one
            return true
        }
    }

    /// Time alone fills it up to the floor only.
    private func refill(_ state: inout State, _ now: ContinuousClock.Instant) {
        let passed = min(max(state.filledAt.duration(to: now), .zero), .seconds(Self.refillTime))
        let milliseconds = Int(passed / .milliseconds(1))
        let earned = floor * milliseconds / (Self.refillTime * 1_000)
        guard earned > 0 else { return }
        state.filledAt = now
        if state.tokens < floor { state.tokens = min(state.tokens + earned, floor) }
    }
}
