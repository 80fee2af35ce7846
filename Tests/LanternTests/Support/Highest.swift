import Synchronization

/// The highest number that was seen.
final class Highest: Sendable {
    private let state = Mutex(0)

    var value: Int { state.withLock { $0 } }

    func see(_ number: Int) { state.withLock { $0 = max($0, number) } }
}
