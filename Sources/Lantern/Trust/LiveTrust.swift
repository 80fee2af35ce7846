import Glibc
import LanternTLS
import LanternTrust
package import Logging
import Metrics
import Synchronization

/// The trust of a daemon or client while it runs: the epoch in force, what is read when files change, and the
/// connections that are judged by it.
///
/// Files are read, checked and judged by on the thread of ``TrustWatcher`` or of whoever asks for it, never on an event
/// loop. Making connections reads the epoch in force; calls do not come here.
package final class LiveTrust: Sendable {
    typealias Observer = @Sendable (_ new: TrustEpoch, _ old: TrustEpoch) -> Void

    /// What a policy must fulfil to come in force here; throws what is wrong with it.
    typealias Demand = @Sendable (PolicyTable) throws -> Void

    struct State {
        var epoch: TrustEpoch
        var failure: TrustFailure?
        var peers: [ConnectionID: LivePeer] = [:]
        var observers: [Observer] = []
        var demands: [Demand] = []
        /// Seconds since 1970: when something ends that connections stand on.
        var nextEnd = Int64.max
        var nextRenewal: ContinuousClock.Instant?
        var loggedHealth: TrustHealth?
    }

    private struct Moving {
        let stamp: TrustStamp
        /// When the first change was seen, and when the latest.
        let since, changed: ContinuousClock.Instant
    }

    /// What only one may do at a time.
    private struct Loading {
        var files: TrustFiles
        /// The files as they were when they were looked into last.
        var stamp: TrustStamp?
        /// Changed files that are not at rest yet.
        var moving: Moving?
        var triedAt: ContinuousClock.Instant?
        /// When the files are looked at without any news.
        var nextLook = ContinuousClock.now
    }

    let settings: TrustSettings
    let logger: Logger
    let state: Mutex<State>
    private let replay = ReplayCache()
    private let use: KeyUse?
    private let loading: Mutex<Loading>
    private let epochs, standing: Gauge

    /// Reads the files of ``Settings/tls``, and follows all files from then on.
    ///
    /// - Throws: ``LanternError/Code/configuration``, `TLSError` or `TrustError` with the file to mend: at the start
    ///   everything must be right, our own certificate's dates too.
    package init(_ settings: Settings, logger: Logger) throws {
        try settings.trust.check()
        use = settings.keyUse
        let metrics = settings.metricsFactory
        let files = TrustFiles(settings)
        let tls = try settings.tlsContext()
        let first = LoadedTrust(
            tls: tls, keyring: settings.keyring, policy: settings.policy,
            policySource: files.policyFile == nil ? nil : settings.trust.policySource)
        let epoch = try TrustEpoch(number: 1, loaded: Self.now, first, replay: replay, use: use)
        self.settings = settings.trust
        self.logger = logger.escaping
        epochs = Gauge(label: "lantern_trust_epoch", factory: metrics)
        standing = Gauge(label: "lantern_trust_health", factory: metrics)
        state = Mutex(State(epoch: epoch))
        loading = Mutex(Loading(files: files, stamp: settings.trust.stamp ?? files.stamp()))
        state.withLock { $0.nextEnd = Self.nextEnd(of: epoch, peers: [:], grace: settings.trust.expiryGrace) }
        epochs.record(1)
        TrustWatcher.shared.add(self)
    }

    /// Seconds since 1970.
    static var now: Int64 { Int64(time(nil)) }

    /// The one that new connections are made and judged by.
    package var current: TrustEpoch { state.withLock { $0.epoch } }

    /// Calls `observer` with each new epoch and the one before, before connections are judged by it.
    func observe(_ observer: @escaping Observer) {
        state.withLock { $0.observers.append(observer) }
    }

    /// Refuses policies for which `demand` throws.
    func demand(_ demand: @escaping Demand) {
        state.withLock { $0.demands.append(demand) }
    }

    private func check(_ policy: PolicyTable) throws {
        for demand in state.withLock(\.demands) { try demand(policy) }
    }

    private func check(_ set: LoadedTrust) throws(TrustLoadError) {
        do { try check(set.policy) } catch {
            throw TrustLoadError(
                set.policySource?.path ?? "the policy", (error as? LanternError)?.detail ?? "\(error)",
                cause: error)
        }
    }

    // MARK: - Loading

    /// Reads all files now, whether they changed or not.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the file to mend; the old epoch stays in force.
    func reload() throws {
        try loading.withLock { try load(&$0) }
    }

    /// Puts another set in force. Its keyring and policy stay, its files are followed.
    func reload(_ material: TrustMaterial) throws {
        try loading.withLock { loading in
            let old = loading
            loading.files.tls = material.tls
            loading.files.keyring = material.keyring
            loading.files.policy = material.policy
            loading.files.keysDirectory = nil
            loading.files.policyFile = nil
            do { try load(&loading) } catch {
                loading = old
                throw error
            }
        }
    }

    /// Puts another policy in force, which no file changes any more.
    func replacePolicy(_ policy: PolicyTable) throws {
        try check(policy)
        try loading.withLock { loading in
            loading.files.policy = policy
            loading.files.policyFile = nil
            let current = self.current
            try put(
                LoadedTrust(tls: current.tls, keyring: current.keyring, policy: policy, policySource: nil))
        }
    }

    /// Tries of files that change while they are read.
    private static let maximumTries = 4

    private func load(_ loading: inout Loading) throws {
        loading.moving = nil
        loading.triedAt = .now
        do throws(TrustLoadError) {
            var stamp = loading.files.stamp()
            for _ in 0..<Self.maximumTries {
                loading.stamp = stamp
                let set = try loading.files.load(after: current)
                stamp = loading.files.stamp()
                // What was read while files changed may be half of one set and half of the other.
                guard stamp == loading.stamp else { continue }
                let check = TrustCheck(current: current, followsPolicy: loading.files.policyFile != nil)
                try check.check(set)
                try self.check(set)
                return try put(set)
            }
            throw TrustLoadError(
                loading.files.tls.certificateChainFile, "the files change while they are read")
        } catch {
            failed(error)
            throw error.configurationError
        }
    }

    private func failed(_ error: TrustLoadError) {
        let failure = TrustFailure(file: error.file, detail: error.detail, since: Self.now)
        let isNews = state.withLock { state in
            defer { if state.failure?.isSame(as: failure) != true { state.failure = failure } }
            return state.failure?.isSame(as: failure) != true
        }
        guard isNews else { return }
        logger.error(
            "trust files not taken, the old ones stay in force",
            metadata: ["file": "\(error.file)", "reason": "\(error.detail)", "epoch": "\(current.number)"])
        lookAtHealth()
    }

    /// Puts a set in force, and judges all connections by it.
    private func put(_ set: LoadedTrust) throws(TrustLoadError) {
        let old = current
        let epoch: TrustEpoch
        do {
            epoch = try TrustEpoch(number: old.number + 1, loaded: Self.now, set, replay: replay, use: use)
        } catch {
            throw TrustLoadError("libsodium", error.detail, cause: error)
        }
        let observers = state.withLock { state in
            state.epoch = epoch
            state.failure = nil
            return state.observers
        }
        epochs.record(epoch.number)
        for observer in observers { observer(epoch, old) }
        let ended = judgeAll(after: old)
        logger.info(
            "trust epoch in force",
            metadata: [
                "epoch": "\(epoch.number)", "certificate": "\(epoch.tls.ownCertificate.serialNumber)",
                "revocation-lists": "\(epoch.tls.revocationLists.count)", "connections-ended": "\(ended)",
            ])
        lookAtHealth()
    }

    // MARK: - The watcher's look

    /// How long files may go on changing before they are read all the same.
    private static let maximumMoving = Duration.milliseconds(300)
    /// When a failed load is tried again though no file changed.
    private static let retryInterval = Duration.seconds(5)

    /// What to watch for changes; empty when nothing is followed.
    var directories: Set<String> {
        settings.isWatching ? loading.withLock { $0.files.directories } : []
    }

    /// Looks whether anything is to be done, and does it.
    ///
    /// - Parameter hasNews: whether something changed in a directory that is watched.
    /// - Returns: when to look again at the latest.
    func look(hasNews: Bool) -> Duration {
        loading.withLock { loading in
            if settings.isWatching, hasNews || loading.nextLook <= .now {
                let pause = lookAtFiles(&loading)
                loading.nextLook = .now.advanced(by: pause)
            }
            lookAtTime()
            renewDue()
            lookAtHealth()
            let now = ContinuousClock.now
            var next = now.advanced(by: .seconds(1))
            if settings.isWatching { next = min(next, loading.nextLook) }
            if let renewal = state.withLock(\.nextRenewal) { next = min(next, renewal) }
            return now.duration(to: next)
        }
    }

    private func lookAtFiles(_ loading: inout Loading) -> Duration {
        let now = ContinuousClock.now
        let stamp = loading.files.stamp()
        guard stamp != loading.stamp else {
            loading.moving = nil
            let isDue = loading.triedAt.map { $0.duration(to: now) >= Self.retryInterval } ?? true
            if isDue, state.withLock({ $0.failure != nil }) { try? load(&loading) }
            return settings.pollInterval
        }
        if loading.moving?.stamp != stamp {
            loading.moving = Moving(stamp: stamp, since: loading.moving?.since ?? now, changed: now)
        }
        if let moving = loading.moving, moving.since.duration(to: now) < Self.maximumMoving {
            let rest = settings.settleTime - moving.changed.duration(to: now)
            if rest > .zero { return rest }
        }
        try? load(&loading)
        return settings.settleTime
    }

    // MARK: - Health

    package var health: TrustHealth {
        let (epoch, failure) = state.withLock { ($0.epoch, $0.failure) }
        return TrustHealth(of: epoch, failure: failure, settings: settings, now: Self.now)
    }

    /// Logs what changed, once.
    private func lookAtHealth() {
        let health = self.health
        let old = state.withLock { state in
            defer { state.loggedHealth = health }
            return state.loggedHealth
        }
        guard old?.status != health.status || old?.reasons.map(\.key) != health.reasons.map(\.key) else {
            return
        }
        standing.record(health.status.rawValue)
        if old == nil, health.status == .green { return }
        for reason in health.reasons where old?.reasons.contains(where: { $0.key == reason.key }) != true {
            logger.log(
                level: reason.status == .red ? .error : .warning, "trust health",
                metadata: [
                    "status": "\(reason.status)", "file": "\(reason.file)", "reason": "\(reason.detail)",
                    "do": "\(reason.advice)",
                ])
        }
        if health.status == .green { logger.notice("trust health", metadata: ["status": "green"]) }
    }
}
