package import CoreMetrics
import LanternTLS
package import LanternTrust
package import LanternValue
package import LanternWire
package import Logging
import NIOCore
import Synchronization
package import Tracing

/// What all connections of a daemon share.
package final class DaemonCore: Sendable {
    package let registry = ObjectRegistry()
    package let streams: ItemStreams
    package let limits: DaemonLimits
    package let frameLimits: FrameLimits
    package let budget: HandlerBudget
    package let census: ConnectionCensus
    let keepAlive: KeepAliveSettings
    package let errors: ErrorTranslator
    package let classes: ClassRegistry
    package let hooks: DaemonHooks
    package let audit: (any AuditSink)?
    package let logger: Logger
    let compressesAnswers: Bool
    /// By what peers are judged.
    package let trust: LiveTrust
    package var authenticator: Authenticator { trust.current.authenticator }
    /// Pyro's answer to `info()`: set once the daemon listens.
    let description = Mutex("")

    /// Where the daemon's objects are found, and who makes connections in its name.
    struct Place {
        var location: PyroURI.Location?
        var client: Client?
    }

    /// Set once the daemon listens.
    let place = Mutex(Place())

    /// What the identities with a quota have used.
    package let quotas: QuotaLedger
    package let trial: PolicyTrial
    private let policyBox: Mutex<PolicyTable>
    /// Nil where metrics go nowhere.
    let meters: DaemonMeters?
    /// Nil where nothing is traced.
    let tracer: (any Tracer)?

    package init(
        limits: DaemonLimits, trust: LiveTrust, policy: PolicyTable, errors: ErrorTranslator,
        classes: ClassRegistry = .init(), hooks: DaemonHooks = .init(), audit: (any AuditSink)?,
        logger: Logger, compressesAnswers: Bool = false,
        keepAlive: KeepAliveSettings = .init(), quotas: QuotaLedger = .init(),
        metrics: any MetricsFactory = NOOPMetricsHandler.instance, tracer: (any Tracer)? = nil
    ) throws {
        self.tracer = tracer
        self.quotas = quotas
        meters = DaemonMeters(metrics)
        trial = PolicyTrial(logger: logger, metrics: metrics)
        self.classes = classes
        self.hooks = hooks
        self.compressesAnswers = compressesAnswers
        self.keepAlive = keepAlive
        let logger = logger.escaping
        census = ConnectionCensus(limits: limits, logger: logger, metrics: metrics)
        self.limits = limits
        frameLimits = FrameLimits(
            maximumMessage: limits.messageSize, maximumInflated: limits.messageSize)
        self.trust = trust
        self.errors = errors
        self.audit = audit
        self.logger = logger
        policyBox = Mutex(policy)
        budget = HandlerBudget(maximum: limits.handlers)
        streams = ItemStreams(
            .init(
                lifetime: limits.streamLifetime, linger: limits.streamLinger, maximum: limits.streams,
                maximumPerIdentity: limits.streamsPerIdentity))
        try registry.register(
            RegisteredObject(
                id: DaemonTarget.objectID, target: DaemonTarget(daemon: WeakDaemon(self)),
                options: ObjectOptions()),
            replacing: false)
    }

    /// How often a quiet connection is looked at.
    var lookInterval: Duration {
        limits.idleTimeout.map { min(keepAlive.tick, max($0 / 2, .milliseconds(1))) } ?? keepAlive.tick
    }

    private let isHousekeeping = Atomic(false)

    /// Lets the program do its own housekeeping, unless it is still at it.
    func runHousekeepingHook() {
        guard let housekeeping = hooks.housekeeping,
            !isHousekeeping.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        // Nobody waits for this; the next round does not begin before it is over.
        Task.detached(executorPreference: HandlerExecutor.shared) { [self] in
            await housekeeping()
            isHousekeeping.store(false, ordering: .releasing)
        }
    }

    var client: Client? { place.withLock { $0.client } }

    /// The reference to an object that is registered with this contract; nil when it is not.
    func registered<Contract: Sendable>(
        _ object: Contract, _ contract: RemoteContract<Contract>
    ) -> RemoteReference? {
        guard let instance = classInstance(object),
            let known = registry.object(holding: instance, as: ObjectIdentifier(Contract.self)),
            let location = place.withLock({ $0.location })
        else { return nil }
        return RemoteReference(
            uri: PyroURI(scheme: .object, object: known.id, location: location), members: known.members)
    }

    package var policy: PolicyTable { policyBox.withLock { $0 } }

    package func replacePolicy(_ policy: PolicyTable) {
        policyBox.withLock { $0 = policy }
    }

    /// What this peer may know of an object: nil when it is not there or the peer has no right on it.
    package func metadata(of id: String, for peer: AuthenticatedPeer) -> HandshakeMessage.Metadata? {
        guard let object = registry.object(id) else { return nil }
        let members = object.members
        let policy = self.policy
        let names = members.methods.union(members.attributes)
        let visible = Set(policy.visibleMethods(of: names.sorted(), object: id, peer: peer))
        guard !visible.isEmpty else { return nil }
        return HandshakeMessage.Metadata(
            methods: members.methods.intersection(visible), oneway: members.oneway.intersection(visible),
            attributes: members.attributes.intersection(visible))
    }
}

/// Breaks the cycle between a daemon and its own `Pyro.Daemon` object.
final class WeakDaemon: Sendable {
    private let box: Mutex<WeakReference>

    struct WeakReference {
        weak var core: DaemonCore?
    }

    init(_ core: DaemonCore) {
        box = Mutex(WeakReference(core: core))
    }

    var core: DaemonCore? { box.withLock { $0.core } }
}
