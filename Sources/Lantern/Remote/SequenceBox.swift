/// Holds the iterator of an async sequence between calls that come from different tasks, one at a time.
actor SequenceBox<Base: AsyncSequence & Sendable> where Base.Element: Sendable {
    private let base: Base
    private var iterator: Base.AsyncIterator?
    private var isReading = false

    init(_ base: Base) {
        self.base = base
    }

    /// - Throws: ``LanternError/Code/misuse`` when two readers ask at once.
    func next() async throws -> Base.Element? {
        guard !isReading else {
            throw LanternError(.misuse, "two tasks read one stream at the same time; give each its own")
        }
        isReading = true
        defer { isReading = false }
        // The iterator leaves the actor's storage while it is awaited, so nobody sees it half-way.
        var current = iterator ?? base.makeAsyncIterator()
        iterator = nil
        let item = try await current.next(isolation: self)
        iterator = current
        return item
    }
}

/// An ordinary sequence as an asynchronous one.
struct AsyncSequenceOf<Base: Sequence & Sendable>: AsyncSequence, Sendable {
    let base: Base

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var base: Base.Iterator
        mutating func next() async -> Base.Element? { base.next() }
    }
}
