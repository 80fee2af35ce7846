import Synchronization

/// What was played, by kind, and what went otherwise than expected.
final class Tally: Sendable {
    private struct State {
        var played: [String: Int] = [:]
        var calls = 0
        var unexpected = 0
        /// The first few reasons, each once.
        var reasons: [String] = []
    }

    private let state = Mutex(State())

    func played(_ scene: String, calls: Int) {
        state.withLock { state in
            state.played[scene, default: 0] += 1
            state.calls += calls
        }
    }

    func wentOtherwise(_ scene: String, _ reason: String) {
        state.withLock { state in
            state.unexpected += 1
            let line = "\(scene): \(reason.prefix(300))"
            if state.reasons.count < 20, !state.reasons.contains(line) { state.reasons.append(line) }
        }
    }

    var total: Int { state.withLock { $0.played.values.reduce(0, +) } }
    var calls: Int { state.withLock { $0.calls } }
    var unexpected: Int { state.withLock { $0.unexpected } }
    var reasons: String { state.withLock { $0.reasons.map { "  " + $0 }.joined(separator: "\n") } }

    var table: String {
        state.withLock { state in
            state.played.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }.joined(separator: "\n")
        }
    }
}
