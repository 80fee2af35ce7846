import Synchronization

/// Something that is to be closed when the client that asked for it is gone: a file, a lock, a place in a queue.
public protocol TrackedResource: AnyObject, Sendable {
    /// Called once, on a thread for handlers, after the connection ended; the connection's resources are closed one
    /// after the other.
    func close() async
}

/// The resources that one connection holds.
package final class ResourceTracker: Sendable {
    /// Resources of one connection.
    package static let maximum = 10_000

    private struct State {
        var isEnded = false
        var resources: [ObjectIdentifier: any TrackedResource] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func track(_ resource: any TrackedResource) throws {
        try state.withLock { state in
            if state.isEnded {
                throw LanternError(.connectionLost, "the client is gone already; close the resource yourself")
            }
            guard state.resources.count < Self.maximum else {
                throw LanternError(.overloaded, "one connection tracks at most \(Self.maximum) resources")
            }
            state.resources[ObjectIdentifier(resource)] = resource
        }
    }

    package func untrack(_ resource: any TrackedResource) {
        // Let go outside of the lock: it may be the last reference.
        let removed = state.withLock { $0.resources.removeValue(forKey: ObjectIdentifier(resource)) }
        _ = removed
    }

    /// Takes no more resources, and gives back those that are to be closed.
    package func end() -> [any TrackedResource] {
        state.withLock { state in
            state.isEnded = true
            defer { state.resources = [:] }
            return Array(state.resources.values)
        }
    }
}
