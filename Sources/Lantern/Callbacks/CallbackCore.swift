import LanternTrust
import LanternValue
import LanternWire
import Synchronization

/// What a client needs to serve the objects that it hands out, made when the first of them is called; and the daemon
/// whose client it is, if it is one's.
final class CallbackCore: Sendable {
    private struct State {
        var core: DaemonCore?
        weak var daemon: DaemonCore?
        /// The daemon's rules, when they were replaced.
        var policy: PolicyTable?
    }

    private let state = Mutex(State())

    var daemon: DaemonCore? { state.withLock { $0.daemon } }

    func belongs(to daemon: DaemonCore) { state.withLock { $0.daemon = daemon } }

    func core(of client: Client) throws -> DaemonCore {
        try state.withLock { state in
            if let core = state.core { return core }
            var limits = client.settings.limits
            limits.handlersPerConnection = client.settings.references.handlersPerConnection
            // The reader cannot come back: its connection was the only way to the stream.
            limits.streamLinger = .zero
            let core = try DaemonCore(
                limits: limits, trust: client.trust,
                policy: Self.policy(state.policy ?? client.settings.policy), errors: client.errors,
                classes: client.settings.classes, hooks: client.settings.hooks, audit: nil,
                logger: client.logger, compressesAnswers: client.settings.compressesAnswers,
                tracer: client.tracer)
            state.core = core
            return core
        }
    }

    func replacePolicy(_ policy: PolicyTable) throws {
        let callbacks = try Self.policy(policy)
        state.withLock { state in
            state.policy = policy
            state.core?.replacePolicy(callbacks)
        }
    }

    /// To hand an object out is to allow its methods to the one who got it; what the policy denies stays denied.
    private static func policy(_ policy: PolicyTable) throws -> PolicyTable {
        let allowed = [
            PolicyRule(.allow, identities: ["*"], objects: [HandedOutObjects.prefix + "*"], methods: ["*"]),
            DaemonTarget.builtInRule,
        ]
        return try PolicyTable(rules: policy.rules.filter { $0.effect == .deny } + allowed)
    }
}

extension Client {
    /// The daemon whose client this is.
    var daemonCore: DaemonCore? { callbacks.daemon }

    func callbackCore() throws -> DaemonCore { try callbacks.core(of: self) }
}
