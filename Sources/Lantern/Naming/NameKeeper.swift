package import LanternWire
package import Logging
import Synchronization

/// Keeps a daemon's names at the name server: with a lease and heartbeats when that is a Lantern one, and as Pyro does
/// otherwise.
///
/// A lease that is lost takes its objects out of service before another instance can be believed in: nobody is served
/// under an old epoch. With a new lease they are registered again and go on. An object whose name was taken over stays
/// out.
package final class NameKeeper: Sendable {
    private enum Way: Equatable {
        case unknown, leases, plain
    }

    private struct Named {
        let name: String
        let uri: String
        let object: RegisteredObject
        /// Registered under the lease that is held now.
        var isConfirmed: Bool
    }

    private struct State {
        var way = Way.unknown
        var session = LeaseSession()
        /// By object id.
        var leased: [String: Named] = [:]
        var plain: [String: String] = [:]
        var beating: Task<Void, Never>?
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let settings: NamingSettings
    private let client: Client
    private let objects: ObjectRegistry
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let beatsByItself: Bool

    /// - Parameters:
    ///   - now: milliseconds of a clock that only goes forward.
    ///   - beatsByItself: false leaves the heartbeats to calls of ``step()``.
    package init(
        settings: NamingSettings, client: Client, objects: ObjectRegistry, logger: Logger,
        beatsByItself: Bool = true, now: (@Sendable () -> Int64)? = nil
    ) {
        self.settings = settings
        self.client = client
        self.objects = objects
        self.logger = logger
        self.beatsByItself = beatsByItself
        let origin = ContinuousClock.now
        self.now = now ?? { Int64((ContinuousClock.now - origin) / .milliseconds(1)) }
    }

    /// The epoch of the lease that is held now.
    package var epoch: Int64? {
        let now = now()
        return state.withLock { $0.session.epoch(at: now) }
    }

    private var duration: Int64 { settings.lease.map { Int64($0 / .milliseconds(1)) } ?? 0 }

    // MARK: - Names

    package func register(_ name: String, uri: PyroURI, of object: RegisteredObject) async throws {
        guard try await usesLeases(), let epoch = try await leaseEpoch() else {
            try await client.nameServer().register(name, uri: uri, metadata: settings.tags)
            return state.withLock { $0.plain[object.id] = name }
        }
        let named = Named(name: name, uri: uri.description, object: object, isConfirmed: false)
        _ = try await service().register(
            [registration(named)], epoch: epoch, takingOver: settings.takesOver)
        state.withLock { state in
            state.leased[object.id] = named
            state.leased[object.id]?.isConfirmed = true
            guard beatsByItself, state.beating == nil, !state.hasEnded else { return }
            let keeper = WeakKeeper(self)
            state.beating = Task { await Self.beat(keeper) }
        }
    }

    /// Takes the name of an object back, if it has one.
    package func unregister(_ id: String) async throws {
        let (named, plain) = state.withLock { state in
            (state.leased.removeValue(forKey: id), state.plain.removeValue(forKey: id))
        }
        if let named, let epoch { _ = try await service().remove([named.name], epoch: epoch) }
        if let plain { _ = try await client.nameServer().remove(plain) }
    }

    /// Takes all names back, each in its own time.
    package func end() async {
        let (beating, epoch, plain) = state.withLock { state in
            defer {
                state.beating = nil
                state.hasEnded = true
                state.plain = [:]
                state.leased = [:]
            }
            return (state.beating, state.session.epoch(at: now()), Array(state.plain.values))
        }
        beating?.cancel()
        await withTaskGroup { group in
            if let epoch {
                group.addTask {
                    await self.try("names not given back") {
                        _ = try await self.service().release(epoch: epoch)
                    }
                }
            }
            for name in plain {
                group.addTask {
                    await self.try("name not removed") { try await self.client.nameServer().remove(name) }
                }
            }
        }
        await beating?.value
        closeService()
    }

    private func `try`(_ failure: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            logger.warning("\(failure)", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - The name server

    private let connection = Mutex<NameServiceStub?>(nil)

    private func service() throws -> NameServiceStub {
        try connection.withLock { known in
            if let known { return known }
            let stub = try client.nameServiceStub()
            known = stub
            return stub
        }
    }

    private func closeService() {
        connection.withLock { known in
            known?.proxy.close()
            known = nil
        }
    }

    /// Whether the name server gives leases; asked once.
    private func usesLeases() async throws -> Bool {
        guard settings.lease != nil else { return false }
        switch state.withLock({ $0.way }) {
        case .leases: return true
        case .plain: return false
        case .unknown: break
        }
        do {
            try await grant()
        } catch let error where Self.meansPlain(error) {
            closeService()
            state.withLock { $0.way = .plain }
            return false
        }
        state.withLock { $0.way = .leases }
        return true
    }

    /// An answer that a name server without leases gives, or one that grants us no right to them.
    private static func meansPlain(_ error: any Error) -> Bool {
        switch error {
        case let error as RemoteError: error.namingCode == nil
        case let error as LanternError:
            ![.connectFailed, .connectionLost, .timeout, .shuttingDown, .overloaded, .auditUnavailable]
                .contains(error.code)
        default: false
        }
    }

    private func leaseEpoch() async throws -> Int64? {
        if let epoch { return epoch }
        try await grant()
        return epoch
    }

    private func grant() async throws {
        let asked = now()
        let lease = try await service().grant(milliseconds: duration)
        state.withLock {
            $0.session.granted(lease.epoch, milliseconds: lease.milliseconds, askedAt: asked)
        }
    }

    private func registration(_ named: Named) -> NameRegistration {
        NameRegistration(
            named.name, uri: named.uri, weight: settings.weight, tags: settings.tags.sorted(),
            isExclusive: settings.isExclusive)
    }

    // MARK: - Heartbeats

    private static func beat(_ keeper: WeakKeeper) async {
        while !Task.isCancelled {
            guard let pause = await keeper.keeper?.step() else { return }
            try? await Task.sleep(for: pause)
        }
    }

    /// Does what is due.
    ///
    /// - Returns: how long nothing is to be done; nil at the end.
    package func step() async -> Duration? {
        let start = now()
        let (hasExpired, action, isBehind) = state.withLock { state in
            let hasExpired = state.session.expire(at: start)
            let isBehind = state.leased.values.contains { !$0.isConfirmed }
            return (
                hasExpired, state.session.action(at: start), isBehind && state.session.mayTry(at: start)
            )
        }
        if hasExpired { stopServing("lease ended without an answer from the name server") }
        switch action {
        case .grant: await startAgain()
        case .renew(let epoch): await renew(epoch)
        case .wait where isBehind && !hasExpired: await registerAgain()
        case .wait(let time): return .milliseconds(max(1, min(time - start, 60_000)))
        }
        return state.withLock { $0.hasEnded } ? nil : .milliseconds(1)
    }

    private func renew(_ epoch: Int64) async {
        let asked = now()
        let expected = state.withLock { $0.leased.values.filter(\.isConfirmed) }
        do {
            let renewal = try await service().renew(epoch: epoch)
            state.withLock { $0.session.renewed(askedAt: asked) }
            let held = Set(renewal.names)
            for named in expected where !held.contains(named.name) { giveUp(named) }
        } catch let error as RemoteError where error.namingCode == "leaseLost" {
            let time = now()
            state.withLock { $0.session.lost(at: time) }
            stopServing("lease lost")
        } catch {
            failed(error)
        }
    }

    /// A new lease, when there is something to keep.
    private func startAgain() async {
        let isNeeded = state.withLock { !$0.hasEnded && !$0.leased.isEmpty }
        guard isNeeded else {
            let time = now()
            return state.withLock { $0.session.failed(at: time, duration: 10_000) }
        }
        do {
            try await grant()
            await registerAgain()
        } catch {
            failed(error)
        }
    }

    /// Registers what is out of service under the new lease, each by itself: one that another has by now stays out.
    private func registerAgain() async {
        let waiting = state.withLock { state in
            state.hasEnded ? [] : state.leased.values.filter { !$0.isConfirmed }
        }
        guard let epoch else { return }
        for named in waiting {
            do {
                _ = try await service().register(
                    [registration(named)], epoch: epoch, takingOver: settings.takesOver)
                resume(named)
            } catch let error as RemoteError where error.namingCode != "leaseLost" {
                logger.warning("\(error.message)", metadata: ["name": "\(named.name)"])
                state.withLock { $0.leased[named.object.id] = nil }
            } catch {
                return failed(error)
            }
        }
        logger.notice("names registered again", metadata: ["epoch": "\(epoch)"])
    }

    private func resume(_ named: Named) {
        let isWanted = state.withLock { state in
            state.leased[named.object.id]?.isConfirmed = true
            return state.leased[named.object.id] != nil && !state.hasEnded
        }
        if isWanted { try? objects.register(named.object, replacing: false) }
    }

    private func stopServing(_ reason: String) {
        let suspended = state.withLock { state in
            for id in state.leased.keys { state.leased[id]?.isConfirmed = false }
            return Array(state.leased.values)
        }
        for named in suspended { objects.unregister(named.object.id) }
        logger.warning("not serving: \(reason)", metadata: ["names": "\(suspended.map(\.name))"])
    }

    private func giveUp(_ named: Named) {
        let isOurs = state.withLock { state in
            guard state.leased[named.object.id]?.isConfirmed == true else { return false }
            state.leased[named.object.id] = nil
            return true
        }
        guard isOurs else { return }
        objects.unregister(named.object.id)
        logger.warning("not serving: name was taken over", metadata: ["name": "\(named.name)"])
    }

    private func failed(_ error: any Error) {
        let (time, duration) = (now(), duration)
        state.withLock { $0.session.failed(at: time, duration: duration) }
        logger.debug("no heartbeat", metadata: ["error": "\(error)"])
    }
}

/// Lets a keeper go that nobody else holds, though its heartbeats go on.
private struct WeakKeeper: Sendable {
    weak let keeper: NameKeeper?

    init(_ keeper: NameKeeper) { self.keeper = keeper }
}
