import LanternWire
import NIOCore
import Synchronization

/// What a running call wants its answer to carry.
///
/// Made anew for each call and read once, when the call ends: what is set later, or by another call, reaches no answer.
package struct CallNotes: ~Copyable, Sendable {
    private let isUsed = Atomic(false)
    private let annotations = Mutex(CallAnnotations())

    package init() {}

    func set(_ name: String, to bytes: [UInt8]?) throws {
        try annotations.withLock { try $0.set(name, to: bytes) }
        isUsed.store(true, ordering: .releasing)
    }

    /// Nil, without a lock, when nothing was ever set.
    package var response: CallAnnotations? {
        guard isUsed.load(ordering: .acquiring) else { return nil }
        return annotations.withLock { $0.isEmpty ? nil : $0 }
    }
}
