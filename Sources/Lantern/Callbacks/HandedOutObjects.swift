package import LanternValue
import LanternWire
import Synchronization

/// The objects of a client that the far side of one connection may call.
///
/// They are held until the connection ends or the client withdraws them. A class instance that is handed out again
/// keeps its id; a struct gets another one each time, since nothing tells two equal ones apart.
package final class HandedOutObjects: Sendable {
    private struct Entry {
        let object: any Sendable
        let registered: RegisteredObject
        let key: InstanceKey?
    }

    /// Whether the far side takes callbacks is known once the handshake is done.
    private enum Status { case notAccepted, open, closed }

    private struct State {
        var status = Status.notAccepted
        var entries: [String: Entry] = [:]
        var ids: [InstanceKey: String] = [:]
    }

    package let maximum: Int
    private let classes: ClassTable?
    private let state = Mutex(State())

    package init(maximum: Int, classes: ClassTable?) {
        self.classes = classes
        self.maximum = maximum
    }

    package var count: Int { state.withLock { $0.entries.count } }

    /// The far side understands callbacks.
    func open() { state.withLock { $0.status = .open } }

    /// - Returns: the object under the id by which the far side may call it.
    /// - Throws: ``LanternError/Code/notSupported`` towards Pyro programs,
    ///   ``LanternError/Code/overloaded`` when there are ``maximum`` objects already, ``CallNotSent`` when the
    ///   connection has gone.
    func handOut<Contract: Sendable>(
        _ object: Contract, _ contract: RemoteContract<Contract>
    ) throws -> RegisteredObject {
        let key = InstanceKey(object, contract)
        return try state.withLock { state in
            if let key, let id = state.ids[key], let known = state.entries[id] { return known.registered }
            switch state.status {
            case .open: break
            case .closed: throw CallNotSent(reason: LanternError(.connectionLost, "the connection is closed"))
            case .notAccepted:
                throw LanternError(
                    .notSupported,
                    "the far side takes no callbacks over this connection, as Pyro programs do not: register "
                        + "the \(contract.name) with a Daemon and call through that daemon's proxies")
            }
            guard state.entries.count < maximum else {
                throw LanternError(
                    .overloaded,
                    "\(maximum) objects are handed out on this connection; withdraw some first")
            }
            let random = CorrelationID.random().description.filter { $0 != "-" }
            let registered = RegisteredObject(
                id: "\(Self.prefix)\(contract.name).\(random)",
                target: ContractTarget(contract, provider: .shared(object), classes: classes),
                options: ObjectOptions(logsErrors: true))
            state.entries[registered.id] = Entry(object: object, registered: registered, key: key)
            if let key { state.ids[key] = registered.id }
            return registered
        }
    }

    /// Takes an object back, whatever contracts it was handed out with.
    func withdraw(_ instance: AnyObject) {
        remove { $0.key?.instance == ObjectIdentifier(instance) }
    }

    func withdraw(id: String) {
        remove { $0.registered.id == id }
    }

    func object(_ id: String) -> RegisteredObject? {
        let found = state.withLock { $0.entries[id]?.registered }
        return found.flatMap { $0.id.utf8.elementsEqual(id.utf8) ? $0 : nil }
    }

    /// Our own object behind an id.
    func own(_ id: String) -> (any Sendable)? {
        object(id) == nil ? nil : state.withLock { $0.entries[id]?.object }
    }

    /// The connection is gone.
    func close() {
        let dropped = state.withLock { state in
            defer { state = State(status: .closed) }
            return state
        }
        // Objects end outside of the lock: their deinit may come back here.
        _ = dropped
    }

    private func remove(where isMeant: (Entry) -> Bool) {
        let dropped = state.withLock { state in
            let found = state.entries.filter { isMeant($0.value) }
            for (id, entry) in found {
                state.entries[id] = nil
                if let key = entry.key { state.ids[key] = nil }
            }
            return found
        }
        _ = dropped
    }

    /// What the ids of handed-out objects begin with; the contract's name follows, for rules of the policy.
    static let prefix = "callback."
}
