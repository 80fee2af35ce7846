import LanternTrust
import Logging
import Synchronization

/// The connections that are open, and what becomes of them when trust changes.
extension LiveTrust {
    /// Takes a connection in that was authenticated.
    ///
    /// - Parameter tlsEpoch: the epoch under which its certificate was judged; `live.epoch` is that of its key.
    /// - Throws: ``TrustRefusal`` when another epoch came meanwhile and the peer does not pass that.
    func admit(_ live: LivePeer, as id: ConnectionID, tlsEpoch: TrustEpoch) throws(TrustRefusal) {
        var live = live
        live.renewal = renewal(of: live, now: .now)
        let epoch = state.withLock { state in
            state.peers[id] = live
            state.nextEnd = min(state.nextEnd, Self.end(of: live, grace: settings.expiryGrace))
            state.nextRenewal = Self.earlier(state.nextRenewal, live.renewal)
            return state.epoch
        }
        guard epoch !== tlsEpoch || epoch !== live.epoch else { return }
        // Seldom: it was in the middle of its handshake when the files changed.
        var judge = PeerJudge(epoch, grace: .zero)
        if let refusal = judge.refusal(of: live) {
            remove(id)
            throw refusal
        }
        live.stamp.set(epoch)
        let showsAnother = epoch.showsAnother(than: tlsEpoch)
        state.withLock { state in
            guard state.peers[id]?.epoch === live.epoch else { return }
            state.peers[id]?.epoch = epoch
            guard showsAnother else { return }
            state.peers[id]?.renewal = soon(before: tlsEpoch.tls.ownCertificate.notAfter)
            state.nextRenewal = Self.earlier(state.nextRenewal, state.peers[id]?.renewal)
        }
    }

    /// The connection is gone.
    func remove(_ id: ConnectionID) {
        state.withLock { $0.peers[id] = nil }
    }

    // MARK: - Judging

    /// Judges all connections by the epoch in force; those that do not pass are told so and forgotten.
    ///
    /// - Parameter old: the epoch before, when there is a new one.
    /// - Returns: how many do not pass.
    @discardableResult
    func judgeAll(after old: TrustEpoch? = nil) -> Int {
        let (epoch, peers) = state.withLock { ($0.epoch, $0.peers) }
        var judge = PeerJudge(epoch, grace: settings.expiryGrace)
        var refusals: [(ConnectionID, TrustRefusal)] = []
        for (id, live) in peers {
            if let refusal = judge.refusal(of: live) {
                refusals.append((id, refusal))
                live.tell(.refused(refusal))
            } else {
                live.stamp.set(epoch)
                if let old, old.policy !== epoch.policy { live.tell(.policyChanged) }
            }
        }
        let showsAnother = old.map { epoch.showsAnother(than: $0) } ?? false
        state.withLock { state in
            for (id, _) in refusals { state.peers[id] = nil }
            for id in peers.keys where state.peers[id] != nil {
                state.peers[id]?.epoch = epoch
                if showsAnother, let old {
                    state.peers[id]?.renewal = soon(before: old.tls.ownCertificate.notAfter)
                }
            }
            state.nextEnd = Self.nextEnd(of: epoch, peers: state.peers, grace: settings.expiryGrace)
            state.nextRenewal = state.peers.values.compactMap(\.renewal).min()
        }
        return refusals.count
    }

    /// Judges again when a certificate or list has ended meanwhile.
    func lookAtTime() {
        guard state.withLock({ $0.nextEnd <= Self.now }) else { return }
        let ended = judgeAll()
        if ended > 0 {
            logger.info("certificates or revocation lists ended", metadata: ["connections-ended": "\(ended)"])
        }
    }

    /// The first second in which one of these has ended.
    static func nextEnd(of epoch: TrustEpoch, peers: [ConnectionID: LivePeer], grace: Duration) -> Int64 {
        let now = Self.now
        let lists = epoch.tls.revocationLists.map(\.nextUpdate)
        let keys = epoch.keyring.nextExpiry(at: wallClockMilliseconds()).map { [$0.seconds] } ?? []
        let ends = (lists + keys + epoch.roots.map(\.notAfter)).map { $0 == .max ? $0 : $0 + 1 }
        return (ends + peers.values.map { end(of: $0, grace: grace) }).filter { $0 > now }.min() ?? .max
    }

    private static func end(of live: LivePeer, grace: Duration) -> Int64 {
        let (end, isFar) = live.notAfter.addingReportingOverflow(grace.components.seconds + 1)
        return isFar ? .max : end
    }

    // MARK: - Renewal

    /// Tells connections whose time has come to be followed by new ones: those that we made, and those of clients
    /// that should see who we are now.
    func renewDue() {
        let now = ContinuousClock.now
        guard let next = state.withLock(\.nextRenewal), next <= now else { return }
        let due = state.withLock { state -> [LivePeer] in
            let due = state.peers.filter { $0.value.renewal.map { $0 <= now } ?? false }
            // Should it fail, there is another try.
            for (id, live) in due { state.peers[id]?.renewal = renewal(of: live, now: now) ?? .far }
            state.nextRenewal = state.peers.values.compactMap(\.renewal).min()
            return Array(due.values)
        }
        for live in due { live.tell(.renew) }
    }

    /// Waits after a connection that could not be made.
    private static let retryPause = Duration.seconds(5)

    /// A connection was to be followed by another one, which could not be made.
    func retryRenewal(of id: ConnectionID) {
        state.withLock { state in
            guard state.peers[id] != nil else { return }
            let next = ContinuousClock.now.advanced(by: Self.retryPause * Double.random(in: 0.5...1))
            state.peers[id]?.renewal = next
            state.nextRenewal = Self.earlier(state.nextRenewal, next)
        }
    }

    /// When the connection stands on a certificate of the peer that ends.
    private func renewal(of live: LivePeer, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard live.role == .server else { return nil }
        let certificate = live.peer.certificate
        let wait = RenewalSchedule.wait(
            notBefore: certificate.notBefore, notAfter: certificate.notAfter, now: Self.now,
            jitter: .random(in: 0...1))
        return wait.map { now.advanced(by: $0) } ?? .far
    }

    /// Within the jitter, and well before the old certificate ends.
    private func soon(before notAfter: Int64) -> ContinuousClock.Instant {
        let (left, isFar) = notAfter.subtractingReportingOverflow(Self.now)
        let rest = isFar ? settings.renewalJitter : .seconds(max(0, left)) / 2
        return .now.advanced(by: min(settings.renewalJitter, rest) * Double.random(in: 0...1))
    }

    private static func earlier(
        _ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant?
    ) -> ContinuousClock.Instant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}

extension ContinuousClock.Instant {
    /// Never, as far as a process is concerned.
    fileprivate static var far: Self { .now.advanced(by: .seconds(3_650 * 86_400)) }
}
