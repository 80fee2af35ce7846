import Synchronization

/// Tells the connections of this process apart.
package struct ConnectionID: Sendable, Hashable {
    private let number: UInt64
    private static let last = Atomic<UInt64>(0)

    package static func next() -> Self {
        Self(number: last.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}
