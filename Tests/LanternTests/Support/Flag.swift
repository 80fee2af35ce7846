import Synchronization

/// Is closed, and then open.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isOpen: Bool { value.load(ordering: .acquiring) }
    func open() { value.store(true, ordering: .releasing) }
}
