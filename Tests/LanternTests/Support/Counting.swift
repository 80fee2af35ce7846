import Synchronization

/// Counts from one.
final class Counting: Sendable {
    private let last = Atomic(0)

    var count: Int { last.load(ordering: .relaxed) }

    func next() -> Int { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
