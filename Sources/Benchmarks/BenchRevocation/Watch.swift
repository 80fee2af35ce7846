import BenchContract
import Synchronization

/// Times of one round.
final class Watch: Sendable {
    private struct State {
        var start: ContinuousClock.Instant?
        var lastAnswer: ContinuousClock.Instant?
        var lastEnd: ContinuousClock.Instant?
        var callers = 0
        var ended = 0
        var disturbed = 0
    }

    private let state = Mutex(State())

    func start() { state.withLock { $0.start = .now } }

    /// Whether so many callers had an answer.
    func isBusy(atLeast count: Int) -> Bool { state.withLock { $0.callers >= count } }

    func callUntilRefused(_ stub: any Bench) async {
        var isFirst = true
        while (try? await stub.echo([1, 2, 3])) != nil {
            let now = ContinuousClock.now
            state.withLock { state in
                state.lastAnswer = state.lastAnswer.map { max($0, now) } ?? now
                if isFirst { state.callers += 1 }
            }
            isFirst = false
        }
        state.withLock { state in
            state.ended += 1
            state.lastEnd = .now
        }
    }

    /// Calls until all others are refused.
    func callWhileOthersEnd(_ stub: any Bench) async {
        while state.withLock({ $0.callers == 0 || $0.ended < $0.callers }) {
            if (try? await stub.echo([1, 2, 3])) == nil { state.withLock { $0.disturbed += 1 } }
        }
    }

    var disturbed: Int { state.withLock(\.disturbed) }
    /// Milliseconds.
    var lastAnswer: Double { milliseconds(to: state.withLock(\.lastAnswer)) }
    var lastEnd: Double { milliseconds(to: state.withLock(\.lastEnd)) }

    private func milliseconds(to end: ContinuousClock.Instant?) -> Double {
        guard let start = state.withLock(\.start), let end else { return .infinity }
        return start.duration(to: end) / .milliseconds(1)
    }
}
