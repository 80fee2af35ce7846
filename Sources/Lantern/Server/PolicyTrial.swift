import CoreMetrics
import LanternTrust
import LanternValue
import Logging
import Metrics
import Synchronization

/// A call that the rules which are tried (`policy-next.yaml`) would decide otherwise than those in force.
public struct PolicyDifference: Sendable, Hashable {
    public let identity: String
    public let object: String
    public let method: String
    /// What was decided, and done.
    public let isAllowed: Bool
    /// Why, by the rules in force.
    public let reason: String
    /// Why the rules that are tried would decide the other way.
    public let nextReason: String
    /// How often it happened.
    public var count: Int
}

/// Compares the decisions of the rules in force with those of the rules that are tried, and enforces nothing.
package final class PolicyTrial: Sendable {
    /// Different calls that are told apart; further ones are only counted.
    package static let maximumDifferences = 1_024

    private struct Key: Hashable {
        let identity: PeerIdentity
        let object: String
        let method: String
        let isAllowed: Bool
    }

    private struct State {
        weak var next: PolicyTable?
        var differences: [Key: PolicyDifference] = [:]
        var wouldAllow = 0
        var wouldDeny = 0
    }

    private let state = Mutex(State())
    private let logger: Logger
    private let wouldAllow, wouldDeny: Counter

    init(logger: Logger, metrics: any MetricsFactory) {
        self.logger = logger
        wouldAllow = Counter(
            label: "lantern_policy_trial_total", dimensions: [("next", "allow")], factory: metrics)
        wouldDeny = Counter(
            label: "lantern_policy_trial_total", dimensions: [("next", "deny")], factory: metrics)
    }

    package var totals: (wouldAllow: Int, wouldDeny: Int) {
        state.withLock { ($0.wouldAllow, $0.wouldDeny) }
    }

    /// Most frequent first.
    package var differences: [PolicyDifference] {
        state.withLock { Array($0.differences.values) }.sorted {
            ($1.count, $0.identity, $0.object, $0.method) < ($0.count, $1.identity, $1.object, $1.method)
        }
    }

    func allowed(_ permit: Permit, next: PolicyTable) {
        let request = AccessRequest(peer: permit.peer, object: permit.object, method: permit.method)
        guard case .denied(let denial) = next.decide(request) else { return }
        wouldDeny.increment()
        note(request, isAllowed: true, "allowed by \(permit.rule.place)", denial.reason, next)
    }

    func denied(_ denial: Denial, next: PolicyTable) {
        let request = AccessRequest(peer: denial.peer, object: denial.object, method: denial.method)
        guard case .permit(let permit) = next.decide(request) else { return }
        wouldAllow.increment()
        note(request, isAllowed: false, denial.reason, "allowed by \(permit.rule.place)", next)
    }

    private func note(
        _ request: AccessRequest, isAllowed: Bool, _ reason: String, _ nextReason: String,
        _ next: PolicyTable
    ) {
        let key = Key(
            identity: request.peer.identity, object: request.object, method: request.method,
            isAllowed: isAllowed)
        let isNew = state.withLock { state in
            // Other rules are tried now: what was counted says nothing about them.
            if state.next !== next { state = State(next: next) }
            if isAllowed { state.wouldDeny &+= 1 } else { state.wouldAllow &+= 1 }
            if state.differences[key] != nil {
                state.differences[key]?.count &+= 1
                return false
            }
            guard state.differences.count < Self.maximumDifferences else { return false }
            state.differences[key] = PolicyDifference(
                identity: request.peer.identity.description, object: request.object, method: request.method,
                isAllowed: isAllowed, reason: reason, nextReason: nextReason, count: 1)
            return true
        }
        guard isNew else { return }
        logger.notice(
            "the next policy would decide otherwise",
            metadata: [
                "identity": "\(request.peer.identity)", "object": "\(request.object.prefix(128))",
                "method": "\(request.method.prefix(128))", "now": "\(reason)", "next": "\(nextReason)",
            ])
    }
}

extension Daemon {
    /// What the rules that are tried (``PolicyTable/next``) decided otherwise so far, most frequent first; the first
    /// 1,024 different calls. It begins anew with other rules to be tried.
    public var policyDifferences: [PolicyDifference] { core.trial.differences }

    /// How many calls they would have allowed that were refused, and refused that were allowed.
    public var policyDifferenceCounts: (wouldAllow: Int, wouldDeny: Int) { core.trial.totals }
}
