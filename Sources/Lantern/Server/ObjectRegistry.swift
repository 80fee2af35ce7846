public import LanternValue
import Synchronization

/// The objects of a daemon by id.
package final class ObjectRegistry: Sendable {
    private let objects = Mutex<[String: RegisteredObject]>([:])

    package init() {}

    /// The object with exactly these bytes as its id: texts that merely look the same are other names, as they are
    /// to the policy.
    package func object(_ id: String) -> RegisteredObject? {
        objects.withLock { $0[id] }.flatMap { $0.id.utf8.elementsEqual(id.utf8) ? $0 : nil }
    }

    package var ids: [String] { objects.withLock { $0.keys.sorted() } }

    /// - Throws: ``LanternError/Code/alreadyRegistered`` when the id is taken and `replacing` is false.
    package func register(_ object: RegisteredObject, replacing: Bool) throws {
        try objects.withLock { objects in
            if objects[object.id] != nil, !replacing {
                throw LanternError(
                    .alreadyRegistered,
                    "an object is already registered with the id '\(object.id)'; unregister it first or choose another id"
                )
            }
            objects[object.id] = object
        }
    }

    /// - Returns: whether there was one.
    @discardableResult
    package func unregister(_ id: String) -> Bool {
        guard object(id) != nil else { return false }
        return objects.withLock { $0.removeValue(forKey: id) != nil }
    }
}

/// An object that peers can name, with how its calls are run.
package final class RegisteredObject: Sendable {
    package let id: String
    package let target: any ObjectTarget
    package let members: DynamicMembers
    package let options: ObjectOptions

    package init(id: String, target: any ObjectTarget, options: ObjectOptions) {
        self.id = id
        self.target = target
        members = target.members
        self.options = options
    }
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

    public init(
        execution: Execution = .concurrent, isAudited: Bool = false,
        serializers: Set<SerializerFormat>? = nil, maximumMessage: Int? = nil,
        acceptsForwardedBlobs: Bool = false
    ) {
        self.execution = execution
        self.isAudited = isAudited
        self.serializers = serializers
        self.maximumMessage = maximumMessage
        self.acceptsForwardedBlobs = acceptsForwardedBlobs
    }
}
