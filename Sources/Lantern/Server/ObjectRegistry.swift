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

    public init(execution: Execution = .concurrent, isAudited: Bool = false) {
        self.execution = execution
        self.isAudited = isAudited
    }
}
