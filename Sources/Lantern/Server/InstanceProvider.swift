import Synchronization

/// How long an object made by a factory lives, as Pyro's instance modes.
public enum InstanceMode: Sendable, Hashable {
    /// One for the daemon, made at the first call.
    case single
    /// One for each connection, dropped when it ends.
    case session
    /// A new one for each call; one for a whole batch.
    case perCall
}

/// Where a call gets the object that it runs on.
enum InstanceProvider<Contract: Sendable>: Sendable {
    case shared(Contract)
    case weak(RegisteredInstance)
    case single(InstanceCell<Contract>)
    case session(InstanceFactory<Contract>)
    case perCall(InstanceFactory<Contract>)

    init(mode: InstanceMode, factory: InstanceFactory<Contract>) {
        switch mode {
        case .single: self = .single(InstanceCell(factory))
        case .session: self = .session(factory)
        case .perCall: self = .perCall(factory)
        }
    }

    func instance(for instances: SessionInstances) async throws -> Contract {
        switch self {
        case .shared(let object): object
        case .weak(let instance): try Self.object(instance)
        case .single(let cell): try await cell.instance()
        case .session(let factory): try await instances.session.cell(for: factory).instance()
        case .perCall(let factory):
            if let call = instances.call {
                try await call.cell(for: factory).instance()
            } else {
                try await factory.make()
            }
        }
    }
}

extension InstanceProvider {
    private static func object(_ instance: RegisteredInstance) throws -> Contract {
        guard let object = instance.object as? Contract else {
            throw LanternError(.unknownObject, "unknown object")
        }
        return object
    }
}

/// Makes instances; two factories are never the same one.
final class InstanceFactory<Contract: Sendable>: Sendable {
    let make: @Sendable () async throws -> Contract

    init(_ make: @escaping @Sendable () async throws -> Contract) {
        self.make = make
    }
}

/// One instance, made by whoever asks first; a failed making is tried again by the next.
actor InstanceCell<Contract: Sendable> {
    private let factory: InstanceFactory<Contract>
    private var making: Task<Contract, any Error>?

    init(_ factory: InstanceFactory<Contract>) {
        self.factory = factory
    }

    func instance() async throws -> Contract {
        if let making { return try await making.value }
        let context = CallContext.current
        let task = Task { [factory] in
            try await CallContext.$current.withValue(context) { try await factory.make() }
        }
        making = task
        do {
            return try await task.value
        } catch {
            making = nil
            throw error
        }
    }
}

/// The instances of one connection or one call, by the factory that made them.
package final class InstanceScope: Sendable {
    private let cells = Mutex<[ObjectIdentifier: any Sendable]>([:])
    /// Closed when the connection ends; of no use in the scope of a call.
    package let resources = ResourceTracker()

    package init() {}

    func cell<Contract>(for factory: InstanceFactory<Contract>) -> InstanceCell<Contract> {
        cells.withLock { cells in
            if let cell = cells[ObjectIdentifier(factory)] as? InstanceCell<Contract> { return cell }
            let cell = InstanceCell(factory)
            cells[ObjectIdentifier(factory)] = cell
            return cell
        }
    }
}

/// The scopes that a call sees.
package struct SessionInstances: Sendable {
    package let session: InstanceScope
    /// Shared by the calls of a batch; a single call needs none.
    package let call: InstanceScope?
}
