import Synchronization

/// Entries that were looked up lately; never one that a commit has replaced.
///
/// Between ``begin(_:)`` and ``end()`` the names of a commit are not in it and nothing is taken in, so that a reader
/// who saw the old entry cannot bring it back.
final class NameCache: Sendable {
    private struct State {
        var entries: [ExactText: NameEntry] = [:]
        var version: UInt64 = 0
        var isWriting = false
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    enum Finding {
        case found(NameEntry)
        /// Ask the file; what it says may be kept under this version.
        case unknown(version: UInt64?)
    }

    func find(_ name: ExactText) -> Finding {
        state.withLock { state in
            if let entry = state.entries[name] { return .found(entry) }
            return .unknown(version: state.isWriting ? nil : state.version)
        }
    }

    func keep(_ entry: NameEntry, as name: ExactText, version: UInt64?) {
        state.withLock { state in
            guard let version, version == state.version, !state.isWriting, capacity > 0 else { return }
            if state.entries.count >= capacity { state.entries.removeAll(keepingCapacity: true) }
            state.entries[name] = entry
        }
    }

    func begin(_ sets: [NameChangeSet]) {
        state.withLock { state in
            state.isWriting = true
            state.version &+= 1
            for event in sets.lazy.flatMap(\.events) { state.entries[ExactText(event.name)] = nil }
        }
    }

    func end() {
        state.withLock { state in
            state.isWriting = false
            state.version &+= 1
        }
    }
}
