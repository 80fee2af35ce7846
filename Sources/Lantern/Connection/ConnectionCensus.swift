import CoreMetrics
package import LanternTrust
import Logging
import Synchronization

/// Counts the connections of a daemon: those that are not authenticated yet, and the others by identity and address.
///
/// Who is over a limit before it is known is closed without a word; who is known is told.
package final class ConnectionCensus: Sendable {
    /// Why a connection is not taken.
    package enum Refusal: String, Sendable, Hashable, CaseIterable {
        case pendingHandshakes = "pending-handshakes"
        case perAddress = "connections-per-address"
        case perIdentity = "connections-per-identity"
        case total = "connections"

        /// What an authenticated peer is told; it begins as Pyro's daemons begin when their pool is used up, and
        /// Pyro4's clients look for that.
        package var text: String {
            switch self {
            case .perIdentity:
                "no free workers: too many connections of this identity; close some or try again later"
            default: "no free workers: too many connections to this daemon; try again later"
            }
        }
    }

    private struct State {
        var pending = 0
        var open = 0
        var addresses: [String: Int] = [:]
        var identities: [String: Int] = [:]
        var lastLogged: ContinuousClock.Instant?
        var unlogged = 0
    }

    private let limits: DaemonLimits
    private let logger: Logger
    private let refused: [Refusal: Counter]
    private let state = Mutex(State())

    init(
        limits: DaemonLimits, logger: Logger, metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.limits = limits
        self.logger = logger
        refused = Dictionary(
            uniqueKeysWithValues: Refusal.allCases.map { refusal in
                let reason = [("limit", refusal.rawValue)]
                let name = "lantern_connections_refused_total"
                return (refusal, Counter(label: name, dimensions: reason, factory: metrics))
            })
    }

    /// Connections, those not authenticated yet among them.
    package var count: Int { state.withLock { $0.pending + $0.open } }

    package var counts: (open: Int, pending: Int) { state.withLock { ($0.open, $0.pending) } }

    /// A connection was accepted.
    ///
    /// - Parameter address: where it comes from, without the port.
    /// - Returns: why it is to be closed; nil when it was counted.
    package func accepted(from address: String) -> Refusal? {
        let refusal = state.withLock { state -> Refusal? in
            if state.pending >= limits.pendingHandshakes { return .pendingHandshakes }
            if state.addresses[address, default: 0] >= limits.connectionsPerAddress { return .perAddress }
            state.pending += 1
            state.addresses[address, default: 0] += 1
            return nil
        }
        if let refusal { note(refusal, ["address": "\(address)"]) }
        return refusal
    }

    /// A counted connection has proved who it is.
    ///
    /// - Returns: why it is to be refused; it then stays counted as one that is not authenticated.
    package func authenticated(_ identity: PeerIdentity) -> Refusal? {
        let name = identity.description
        let refusal = state.withLock { state -> Refusal? in
            if state.open >= limits.connections { return .total }
            if state.identities[name, default: 0] >= limits.connectionsPerIdentity { return .perIdentity }
            state.pending -= 1
            state.open += 1
            state.identities[name, default: 0] += 1
            return nil
        }
        if let refusal { note(refusal, ["identity": "\(name)"]) }
        return refusal
    }

    /// A counted connection has ended.
    ///
    /// - Parameter identity: nil when it was never authenticated, or refused then.
    package func ended(from address: String, identity: PeerIdentity?) {
        state.withLock { state in
            Self.decrease(&state.addresses, address)
            guard let identity else {
                state.pending -= 1
                return
            }
            state.open -= 1
            Self.decrease(&state.identities, identity.description)
        }
    }

    private static func decrease(_ counts: inout [String: Int], _ key: String) {
        let left = (counts[key] ?? 1) - 1
        counts[key] = left > 0 ? left : nil
    }

    /// Every refusal is counted, and one a second is logged: strangers must not fill the log.
    private func note(_ refusal: Refusal, _ metadata: Logger.Metadata) {
        refused[refusal]?.increment()
        let now = ContinuousClock.now
        let others = state.withLock { state -> Int? in
            if let last = state.lastLogged, last.duration(to: now) < .seconds(1) {
                state.unlogged += 1
                return nil
            }
            defer { state.unlogged = 0 }
            state.lastLogged = now
            return state.unlogged
        }
        guard let others else { return }
        var metadata = metadata
        metadata["limit"] = "limits.\(refusal.rawValue)"
        if others > 0 { metadata["more-since"] = "\(others)" }
        logger.warning("connection refused: limit reached", metadata: metadata)
    }
}
