import CoreMetrics
public import Lantern
public import LanternTrust
import LanternWire

/// The object `Pyro.NameServer`: every remote method that Pyro5 and Pyro4 clients use, over a ``NameRegistry``.
///
/// The two generations differ in `list` and in how tags and URIs come back; the connection that a call arrives on
/// says which rules hold.
///
/// - Source: section 10 of the Pyro protocol reference; `nameserver.py` of Pyro5, `naming.py` of Pyro4.
public struct NameServerObject: DynamicObject {
    private let registry: NameRegistry
    private let policy: @Sendable () -> PolicyTable?

    /// - Parameter policy: what says who may use which names; nil lets nobody use any.
    public init(registry: NameRegistry, policy: @escaping @Sendable () -> PolicyTable?) {
        self.registry = registry
        self.policy = policy
    }

    public var members: DynamicMembers {
        DynamicMembers(methods: [
            "ping", "count", "register", "lookup", "set_metadata", "remove", "list", "yplookup",
        ])
    }

    public func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
        guard let context = CallContext.current else {
            throw LanternError(.misuse, "the name server answers calls of a daemon only")
        }
        let caller = Caller(context, policy: policy)
        registry.meters?.began(member: member)
        do {
            return .value(try await answer(member, arguments, caller))
        } catch let error as NamingError {
            registry.meters?.refused(error)
            throw RemoteError(
                type: error.exception.className(for: caller.generation), message: error.message)
        }
    }

    private func answer(
        _ member: String, _ arguments: DynamicArguments, _ caller: Caller
    ) async throws -> Value {
        switch member {
        case "ping":
            _ = try arguments.bind([], required: 0)
            return .none
        case "count":
            _ = try arguments.bind([], required: 0)
            return .int(Int64(try await registry.count()))
        case "register": return try await register(arguments, caller)
        case "lookup": return try await lookup(arguments, caller)
        case "set_metadata": return try await setMetadata(arguments, caller)
        case "remove": return try await remove(arguments, caller)
        case "list": return try await list(arguments, caller)
        case "yplookup": return try await yplookup(arguments, caller)
        default: throw RemoteError(type: "builtins.AttributeError", message: "unknown method")
        }
    }

    // MARK: - Changing

    private func register(_ arguments: DynamicArguments, _ caller: Caller) async throws -> Value {
        let given = try arguments.bind(["name", "uri", "safe", "metadata"], required: 2)
        try await registry.register(
            given[0].requiredName(), uri: try RemoteURI.text(given[1] ?? .none),
            safe: given[2].isTrue, metadata: try given[3].tags(or: .metadataIsText) ?? [],
            by: caller.actor)
        registry.meters?.registered.increment()
        return .none
    }

    private func setMetadata(_ arguments: DynamicArguments, _ caller: Caller) async throws -> Value {
        let given = try arguments.bind(["name", "metadata"], required: 2)
        try await registry.setMetadata(
            given[0].requiredName(), try given[1].tags(or: .metadataIsText) ?? [], by: caller.actor)
        return .none
    }

    private func remove(_ arguments: DynamicArguments, _ caller: Caller) async throws -> Value {
        let given = try arguments.bind(["name", "prefix", "regex"], required: 0)
        let removed = try await registry.remove(
            name: given[0].optionalText("name"), prefix: given[1].optionalText("prefix"),
            regex: given[2].optionalText("regex"), by: caller.actor, as: caller.generation)
        registry.meters?.removed.increment(by: removed)
        return .int(Int64(removed))
    }

    // MARK: - Asking

    private func lookup(_ arguments: DynamicArguments, _ caller: Caller) async throws -> Value {
        let given = try arguments.bind(["name", "return_metadata", "return_instances"], required: 1)
        let entry = try await registry.lookup(given[0].requiredName(), by: caller.actor)
        if given[2].isTrue { return Self.instances(of: entry) }
        let uri = try RemoteURI.value(entry.uri, for: caller.generation)
        return given[1].isTrue ? .tuple([uri, caller.tags(of: entry)]) : uri
    }

    /// What only Lantern's clients ask for: the URI and the weight of each instance; of a plain entry, one of weight 1.
    private static func instances(of entry: NameEntry) -> Value {
        let all = entry.instances.map { ($0.uri, $0.weight) }
        return .list((all.isEmpty ? [(entry.uri, 1)] : all).map { .list([.text($0), .int(Int64($1))]) })
    }

    private func list(_ arguments: DynamicArguments, _ caller: Caller) async throws -> Value {
        let names: [String] =
            switch caller.generation {
            case .pyro4: ["prefix", "regex", "metadata_all", "metadata_any", "return_metadata"]
            case .pyro5: ["prefix", "regex", "return_metadata"]
            }
        let given = Dictionary(uniqueKeysWithValues: zip(names, try arguments.bind(names, required: 0)))
        let entries = try await registry.list(
            prefix: (given["prefix"] ?? nil).optionalText("prefix"),
            regex: (given["regex"] ?? nil).optionalText("regex"),
            metadataAll: (given["metadata_all"] ?? nil).tags(or: .metadataAllIsText),
            metadataAny: (given["metadata_any"] ?? nil).tags(or: .metadataAnyIsText), by: caller.actor,
            as: caller.generation)
        return caller.table(of: entries, withTags: (given["return_metadata"] ?? nil).isTrue)
    }

    private func yplookup(_ arguments: DynamicArguments, _ caller: Caller) async throws -> Value {
        let given = try arguments.bind(["meta_all", "meta_any", "return_metadata"], required: 0)
        let entries = try await registry.yplookup(
            all: given[0].tags(or: .metadataAllIsText), any: given[1].tags(or: .metadataAnyIsText),
            by: caller.actor)
        return caller.table(of: entries, withTags: given[2].map { Optional($0).isTrue } ?? true)
    }
}

/// Who calls, and in which form answers go back.
private struct Caller {
    let actor: NameActor
    let generation: PyroGeneration

    init(_ context: CallContext, policy: @escaping @Sendable () -> PolicyTable?) {
        actor = NameActor(context, policy: policy)
        generation = context.generation == .pyro4 ? .pyro4 : .pyro5
    }

    /// A list for Pyro4, a set for Pyro5.
    func tags(of entry: NameEntry) -> Value {
        let tags = entry.sortedMetadata.map { Value.text($0) }
        return generation == .pyro4 ? .list(tags) : .set(tags)
    }

    /// Names with their URIs as text, which is what listings give.
    func table(of entries: [NameEntry], withTags: Bool) -> Value {
        .map(
            entries.map { entry in
                let uri = Value.text(entry.uri)
                return ValuePair(.text(entry.name), withTags ? .tuple([uri, tags(of: entry)]) : uri)
            })
    }
}
