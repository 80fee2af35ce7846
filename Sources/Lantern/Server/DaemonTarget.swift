import LanternTrust
import LanternValue
import Synchronization

/// The object `Pyro.Daemon` that every daemon has: metadata, item streams, a ping.
///
/// - Source: section 8.1 of the Pyro protocol reference.
struct DaemonTarget: ObjectTarget {
    static let objectID = "Pyro.Daemon"
    /// What any authenticated peer may call: each answers only about what the peer has a right to.
    static let openMethods = ["ping", "get_metadata", "get_next_stream_item", "close_stream"]

    /// The same where there is an audit log: what proves that its checkpoints are of one history.
    static let auditMethods = ["audit_consistency", "audit_keys"]

    /// Behind the rules of a policy: every authenticated peer may call those.
    static let builtInRule = PolicyRule(
        .allow, identities: ["*"], objects: [objectID], methods: openMethods + auditMethods)

    let daemon: WeakDaemon

    var members: DynamicMembers {
        let audit = daemon.core?.audit == nil ? [] : Self.auditMethods
        return DynamicMembers(methods: Set(Self.openMethods + ["registered", "info"] + audit))
    }

    func member(_ name: MemberName) -> ObjectMember {
        ObjectMember(name) { [self] _, arguments, reply in
            try await call(name.text, arguments, &reply)
        }
    }

    private func call(
        _ method: String, _ arguments: UnopenedArguments, _ reply: inout ReplyWriter
    ) async throws {
        guard let core = daemon.core, let context = CallContext.current else {
            throw LanternError(.shuttingDown, "the daemon is shutting down")
        }
        let values = try arguments.values()
        let given = DynamicArguments(positional: values.positional, keywords: values.keywords)
        switch method {
        case "ping": break
        case "registered":
            let visible = core.registry.ids.filter { core.metadata(of: $0, for: context.peer) != nil }
            try reply.write(Value.list(visible.map { .text($0) }))
        case "info":
            let objects = core.registry.ids.count
            try reply.write(core.description.withLock { "\($0), \(objects) objects" })
        case "get_metadata":
            let bound = try given.bind(["objectId", "as_lists"], required: 1)
            guard let id = bound[0]?.textValue, let metadata = core.metadata(of: id, for: context.peer) else {
                throw LanternError(.unknownObject, "unknown object")
            }
            try reply.write(metadata.value(asLists: bound[1]?.boolValue ?? false))
        case "get_next_stream_item":
            let id = try given.bind(["streamId"], required: 1)[0]?.textValue ?? ""
            let item = try await core.streams.next(
                id, as: reply.format, reader: context.peer.identity, connection: context.connection,
                now: .now)
            reply.write(encoded: item)
        case "close_stream":
            let id = try given.bind(["streamId"], required: 1)[0]?.textValue ?? ""
            core.streams.close(id, reader: context.peer.identity)
        case "audit_consistency":
            let bound = try given.bind(["smaller", "larger"], required: 2)
            let (smaller, larger) = (bound[0]?.intValue ?? -1, bound[1]?.intValue ?? -1)
            let hashes = try core.audit?.consistency(from: smaller, to: larger)
            try reply.write(hashes.map { .list($0.map { .text($0) }) } ?? Value.none)
        case "audit_keys":
            try reply.write(Value.list((try core.audit?.keyChanges() ?? []).map { .text($0) }))
        default:
            throw RemoteError(type: "builtins.AttributeError", message: "unknown method")
        }
    }
}
