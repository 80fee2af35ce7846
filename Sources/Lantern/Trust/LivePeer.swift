import LanternTLS
import LanternTrust
import Synchronization

/// The number of the epoch under which a connection was judged last.
package final class EpochStamp: Sendable {
    private let value: Atomic<UInt64>

    init(_ epoch: TrustEpoch) { value = Atomic(epoch.number) }

    package var number: UInt64 { value.load(ordering: .acquiring) }
    func set(_ epoch: TrustEpoch) { value.store(epoch.number, ordering: .releasing) }
}

/// What a connection is told about its trust; from any thread.
enum TrustNotice: Sendable {
    /// The peer passes no more.
    case refused(TrustRefusal)
    /// Other rules are in force for calls.
    case policyChanged
    /// The connection should be followed by a new one.
    case renew
}

/// An authenticated connection, as ``LiveTrust`` judges it.
struct LivePeer: Sendable {
    let chain: PeerChain
    let peer: AuthenticatedPeer
    /// The peer's role on the connection.
    let role: HandshakeRole
    let stamp: EpochStamp
    /// The one that it passed last.
    var epoch: TrustEpoch
    /// When the connection is to be made anew; nil for those of clients that have seen who we are.
    var renewal: ContinuousClock.Instant?
    let tell: @Sendable (TrustNotice) -> Void

    /// Seconds since 1970: when the peer's chain ends.
    let notAfter: Int64

    init(
        chain: PeerChain, peer: AuthenticatedPeer, role: HandshakeRole, stamp: EpochStamp, epoch: TrustEpoch,
        tell: @escaping @Sendable (TrustNotice) -> Void
    ) {
        self.chain = chain
        self.peer = peer
        self.role = role
        self.stamp = stamp
        self.epoch = epoch
        self.tell = tell
        notAfter = chain.notAfter
    }
}

/// Judges connections under one epoch; equal chains are judged once.
struct PeerJudge {
    let epoch: TrustEpoch
    let grace: Duration
    private let judge: ChainJudge
    private var chains: [[UInt8]: TLSError?] = [:]

    init(_ epoch: TrustEpoch, grace: Duration) {
        self.epoch = epoch
        self.grace = grace
        judge = ChainJudge(epoch.tls)
    }

    /// - Returns: why the peer would not get in any more.
    mutating func refusal(of live: LivePeer) -> TrustRefusal? {
        if let error = refusal(of: live.chain, live) { return TrustRefusal(cause: error) }
        return epoch.keyring.objection(to: live.peer, at: wallClockMilliseconds())
            .map { TrustRefusal(cause: $0) }
    }

    private mutating func refusal(of chain: PeerChain, _ live: LivePeer) -> TLSError? {
        let key = chain.fingerprint + [live.role == .server ? 1 : 0]
        if let known = chains[key] { return known }
        let error = judge.refusal(
            of: chain, isServer: live.role == .server, grace: grace, peer: live.peer.identity.description)
        chains[key] = .some(error)
        return error
    }
}
