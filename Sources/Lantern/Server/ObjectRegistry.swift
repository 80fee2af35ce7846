public import LanternValue
import Synchronization

/// The objects of a daemon by id.
package final class ObjectRegistry: Sendable {
    private struct State {
        var objects: [String: RegisteredObject] = [:]
        /// The ids of class instances, by instance and contract; the latest registration is the last.
        var ids: [InstanceKey: [String]] = [:]
        /// Whether some object may go away by itself.
        var hasWeak = false

        mutating func remove(_ id: String) -> RegisteredObject? {
            guard let object = objects.removeValue(forKey: id) else { return nil }
            if let key = object.instance?.key {
                ids[key]?.removeAll { $0 == id }
                if ids[key]?.isEmpty ?? false { ids[key] = nil }
            }
            return object
        }
    }

    private let state = Mutex(State())
    private let changes = Atomic<UInt64>(0)

    package init() {}

    /// Another number after each change: what an id meant under this one it still means, unless that object is gone by
    /// itself.
    package var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// The object with exactly these bytes as its id: texts that merely look the same are other names, as they are
    /// to the policy.
    package func object(_ id: String) -> RegisteredObject? {
        guard let found = state.withLock({ $0.objects[id] }), found.id.utf8.elementsEqual(id.utf8) else {
            return nil
        }
        return found.isGone ? nil : found
    }

    package var ids: [String] {
        state.withLock { $0.objects.values.filter { !$0.isGone }.map(\.id).sorted() }
    }

    /// The latest registration of a class instance with a contract.
    package func object(holding instance: AnyObject, as contract: ObjectIdentifier) -> RegisteredObject? {
        let key = InstanceKey(instance: ObjectIdentifier(instance), contract: contract)
        return state.withLock { state in
            // The address of an instance that is gone may be another's by now.
            for id in (state.ids[key] ?? []).reversed() {
                if let found = state.objects[id], found.instance?.isSame(instance) ?? false { return found }
            }
            return nil
        }
    }

    /// All ids of a class instance.
    package func ids(holding instance: AnyObject) -> [String] {
        state.withLock { state in
            state.objects.values.filter { $0.instance?.isSame(instance) ?? false }.map(\.id).sorted()
        }
    }

    /// - Throws: ``LanternError/Code/alreadyRegistered`` when the id is taken and `replacing` is false.
    package func register(_ object: RegisteredObject, replacing: Bool) throws {
        let old = try state.withLock { state -> RegisteredObject? in
            if let known = state.objects[object.id], !known.isGone, !replacing {
                throw LanternError(
                    .alreadyRegistered,
                    "an object is already registered with the id '\(object.id)'; unregister it first or choose another id"
                )
            }
            let old = state.remove(object.id)
            state.objects[object.id] = object
            if let instance = object.instance {
                state.ids[instance.key, default: []].append(object.id)
                if instance.isWeak { state.hasWeak = true }
            }
            return old
        }
        changes.add(1, ordering: .releasing)
        _ = old  // Ends outside of the lock.
    }

    /// - Returns: whether there was one.
    @discardableResult
    package func unregister(_ id: String) -> Bool {
        guard let found = state.withLock({ $0.objects[id] }), found.id.utf8.elementsEqual(id.utf8) else {
            return false
        }
        let removed = state.withLock { $0.remove(id) }
        changes.add(1, ordering: .releasing)
        return removed != nil
    }

    /// Forgets the weakly registered objects that are gone.
    package func houseKeeping() {
        let gone = state.withLock { state -> [RegisteredObject] in
            guard state.hasWeak else { return [] }
            let gone = state.objects.values.filter(\.isGone)
            for object in gone { _ = state.remove(object.id) }
            state.hasWeak = state.objects.values.contains { $0.instance?.isWeak ?? false }
            return gone
        }
        if !gone.isEmpty { changes.add(1, ordering: .releasing) }
    }
}

/// An object that peers can name, with how its calls are run.
package final class RegisteredObject: Sendable {
    package let id: String
    package let target: any ObjectTarget
    package let members: DynamicMembers
    package let options: ObjectOptions
    /// The class instance behind it, if there is one.
    let instance: RegisteredInstance?

    package convenience init(id: String, target: any ObjectTarget, options: ObjectOptions) {
        self.init(id: id, target: target, options: options, instance: nil)
    }

    init(id: String, target: any ObjectTarget, options: ObjectOptions, instance: RegisteredInstance?) {
        self.id = id
        self.target = target
        members = target.members
        self.options = options
        self.instance = instance
    }

    /// How to run one of its members; nil for what it does not offer.
    func member(_ name: MemberName) -> ObjectMember? {
        name.isOffered(by: members) ? target.member(name) : nil
    }

    /// Whether it was registered weakly and nobody else holds it any more.
    var isGone: Bool { instance?.isGone ?? false }
}

/// A registered class instance seen through one contract.
///
/// Unchecked: `object` is set once, and the runtime guards weak references.
final class RegisteredInstance: @unchecked Sendable {
    let key: InstanceKey
    let isWeak: Bool
    /// Nil when it is not registered weakly: then the target holds it, and a weak reference would only slow it down.
    private(set) weak var object: AnyObject?

    init(_ instance: AnyObject, contract: ObjectIdentifier, isWeak: Bool) {
        key = InstanceKey(instance: ObjectIdentifier(instance), contract: contract)
        self.isWeak = isWeak
        object = isWeak ? instance : nil
    }

    var isGone: Bool { isWeak && object == nil }

    func isSame(_ other: AnyObject) -> Bool {
        key.instance == ObjectIdentifier(other) && (!isWeak || object === other)
    }
}

/// A class instance seen through one contract.
package struct InstanceKey: Sendable, Hashable {
    let instance: ObjectIdentifier
    let contract: ObjectIdentifier
}

extension InstanceKey {
    /// - Returns: nil for what is no class instance.
    init?<Contract>(_ object: Contract, _ contract: RemoteContract<Contract>) {
        guard let instance = classInstance(object) else { return nil }
        self.init(instance: ObjectIdentifier(instance), contract: ObjectIdentifier(Contract.self))
    }
}

/// The object itself when it is an instance of a class or actor; nil for structs and enums, which have no identity.
func classInstance(_ object: Any) -> AnyObject? {
    type(of: object) is AnyClass ? object as AnyObject : nil
}

/// How the calls of one object are run.
public struct ObjectOptions: Sendable, Hashable {
    public enum Execution: Sendable, Hashable {
        /// On threads for handlers: one may take its time, and even block its thread, without stalling others.
        case concurrent
        /// On the connection's event loop: for calls of microseconds that never block. Saves a change of thread.
        case onLoop
    }

    public var execution: Execution
    /// Whether every call and every refusal is written to the audit log before it is answered.
    public var isAudited: Bool
    /// The serializers that calls of this object may come in; nil for all. A call in another one is refused with
    /// `SerializeError` before anything of its arguments is read.
    public var serializers: Set<SerializerFormat>?
    /// Bytes of a call (payload and the program's annotations) and of a result of this object; nil for the daemon's own limit,
    /// ``DaemonLimits/messageSize``, which holds beside it. Past it there is a `ProtocolError`, and the connection stays.
    public var maximumMessage: Int?
    /// Whether blobs are taken that a dispatcher passed on, whose bytes still name the dispatcher's own object and method.
    /// What is called, and what the policy judges, is in every case the object and method outside of the bytes.
    public var acceptsForwardedBlobs: Bool
    /// Whether an error that a method throws is logged here too, beside going to the caller (Pyro's `@callback`).
    ///
    /// Objects that a client hands out for callbacks have this always.
    public var logsErrors: Bool

    public init(
        execution: Execution = .concurrent, isAudited: Bool = false,
        serializers: Set<SerializerFormat>? = nil, maximumMessage: Int? = nil,
        acceptsForwardedBlobs: Bool = false, logsErrors: Bool = false
    ) {
        self.execution = execution
        self.isAudited = isAudited
        self.serializers = serializers
        self.maximumMessage = maximumMessage
        self.acceptsForwardedBlobs = acceptsForwardedBlobs
        self.logsErrors = logsErrors
    }
}
