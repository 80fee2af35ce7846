internal import Synchronization

/// Who may call what: deny first, then allow, else no. And how much each identity may use.
///
/// Immutable; a changed policy file makes a new table. What the rules say about one identity and one object is
/// worked out once and kept, up to ``rememberedStandings`` pairs, so that most decisions compare method names only.
public final class PolicyTable: Sendable {
    /// Longer object or method names are denied without looking at any rule.
    static let maximumNameLength = 1024
    static let rememberedStandings = 4096
    static let rememberedIdentities = 1024
    static let maximumRequirements = 32

    public let rules: [PolicyRule]
    /// All rules, for rights on single names.
    let named: [CompiledRule]
    /// Whether some rule is about single names.
    let speaksOfNames: Bool
    public let quotas: [QuotaRule]
    /// Rules that are tried beside these: what they would decide otherwise is reported, and nothing is enforced.
    public let next: PolicyTable?
    package let hasQuotas: Bool
    private let compiled: [CompiledRule]
    private let requirements: [PolicyRequirement]

    private struct Remembered {
        var standings: [StandingKey: Standing] = [:]
        var views: [PeerIdentity: IdentityView] = [:]
    }
    private let remembered = Mutex(Remembered())

    /// - Parameters:
    ///   - quotas: limits for identities.
    ///   - next: rules to be tried beside these.
    /// - Throws: ``TrustError/Code/malformedPolicy`` for the first rule or quota that is wrong, with its file and line.
    public init(
        rules: [PolicyRule], quotas: [QuotaRule] = [], next: PolicyTable? = nil
    ) throws(TrustError) {
        try Self.validate(rules)
        try Self.validate(quotas)
        self.rules = rules
        self.quotas = quotas
        self.next = next
        hasQuotas = !quotas.isEmpty
        named = rules.map(CompiledRule.init)
        speaksOfNames = rules.contains { $0.names != nil }
        // Taking away some names of a method does not take away the method.
        compiled = named.filter { $0.rule.effect == .allow || $0.targets == nil }
        requirements = try Self.requirements(of: rules)
    }

    /// The same with more rules behind its own, also for the rules that are tried.
    package func adding(_ more: [PolicyRule]) throws(TrustError) -> PolicyTable {
        var next: PolicyTable?
        if let trial = self.next { next = try trial.adding(more) }
        return try PolicyTable(rules: rules + more, quotas: quotas, next: next)
    }

    /// The same while other rules are tried beside it; nil ends that.
    public func trying(_ next: PolicyTable?) throws(TrustError) -> PolicyTable {
        try PolicyTable(rules: rules, quotas: quotas, next: next)
    }

    private static func requirements(of rules: [PolicyRule]) throws(TrustError) -> [PolicyRequirement] {
        var found: [PolicyRequirement] = []
        for rule in rules {
            guard let requirement = rule.requirement, !found.contains(requirement) else { continue }
            found.append(requirement)
            guard found.count <= maximumRequirements else {
                throw TrustError(
                    .malformedPolicy,
                    "\(rule.place): more than \(maximumRequirements) different requirements")
            }
        }
        return found
    }

    // MARK: - Decisions

    /// Decides one call.
    package func decide(_ request: AccessRequest) -> Decision {
        guard Self.isNameable(request.object), Self.isNameable(request.method) else {
            return .denied(Denial(request, reason: Self.unnameable, rule: nil, false))
        }
        let standing = standing(
            of: request.peer.identity, towards: request.object, met: met(by: request.peer))
        if let rule = standing.denying(request.method) {
            return .denied(
                Denial(request, reason: "denied by \(rule.rule.place)", rule: rule.rule, standing.hasAnyRight)
            )
        }
        if let rule = standing.allowing(request.method) { return .permit(Permit(request, rule: rule)) }
        return .denied(
            Denial(request, reason: Self.refusal(standing, request.method), rule: nil, standing.hasAnyRight))
    }

    static let unnameable = "a name over \(maximumNameLength) bytes"

    static func refusal(_ standing: Standing, _ method: String) -> String {
        guard let rule = standing.allowingIfMet(method)?.rule, let requirement = rule.requirement else {
            return "no rule allows it"
        }
        return "\(rule.place) allows it only over \(requirement)"
    }

    /// Whether the peer may call anything at all on the object.
    package func mayCallSomething(peer: AuthenticatedPeer, object: String) -> Bool {
        Self.isNameable(object)
            && standing(of: peer.identity, towards: object, met: met(by: peer)).hasAnyRight
    }

    /// Those of an object's methods that the peer may call, in the given order: what its metadata may list.
    package func visibleMethods(of methods: [String], object: String, peer: AuthenticatedPeer) -> [String] {
        guard Self.isNameable(object) else { return [] }
        let standing = standing(of: peer.identity, towards: object, met: met(by: peer))
        return methods.filter { method in
            Self.isNameable(method) && standing.denying(method) == nil && standing.allowing(method) != nil
        }
    }

    static func isNameable(_ name: String) -> Bool { name.utf8.count <= maximumNameLength }

    private func met(by peer: AuthenticatedPeer) -> UInt32 {
        requirements.isEmpty ? 0 : met(keyExchange: peer.knownKeyExchange)
    }

    func met(keyExchange: String?) -> UInt32 {
        var met: UInt32 = 0
        for (place, requirement) in requirements.enumerated()
        where requirement.isMet(keyExchange: keyExchange) {
            met |= 1 << UInt32(place)
        }
        return met
    }

    func standing(of identity: PeerIdentity, towards object: String, met: UInt32) -> Standing {
        let key = StandingKey(identity: identity, object: object, met: met)
        let (known, knownView) = remembered.withLock { remembered in
            let known = remembered.standings[key]
            return (known, known == nil ? remembered.views[identity] : nil)
        }
        if let known { return known }
        let view = knownView ?? view(of: identity)
        let standing = Standing(rules: view.rules(for: object)) { requirement in
            requirements.firstIndex(of: requirement).map { met & (1 << UInt32($0)) != 0 } ?? false
        }
        // Names that no rule knows are not remembered: a peer can invent as many as it likes.
        guard !standing.isEmpty else { return standing }
        remembered.withLock { remembered in
            if remembered.standings.count >= Self.rememberedStandings {
                remembered.standings.removeAll(keepingCapacity: true)
            }
            remembered.standings[key] = standing
        }
        return standing
    }

    private func view(of identity: PeerIdentity) -> IdentityView {
        let view = IdentityView(rules: compiled.filter { $0.concerns(identity: identity.description) })
        remembered.withLock { remembered in
            if remembered.views.count >= Self.rememberedIdentities {
                remembered.views.removeAll(keepingCapacity: true)
            }
            remembered.views[identity] = view
        }
        return view
    }

    // MARK: - Quotas

    /// What an identity may use: of all quotas that name it the smallest of each kind; nil without one.
    package func quota(of identity: PeerIdentity) -> Quota? {
        let matching = quotas.filter { rule in
            rule.identities.contains { Pattern($0).matches(identity.description) }
        }
        guard let first = matching.first else { return nil }
        return matching.dropFirst().reduce(first.quota) { $0.smallest($1.quota) }
    }
}

extension AuthenticatedPeer {
    /// The group of its connection's key exchange, when that is known.
    var knownKeyExchange: String? { keyExchange }
}

/// What the policy said about one request.
package enum Decision: Sendable {
    case permit(Permit)
    case denied(Denial)
}

/// Proof that the policy allowed this peer this method of this object. Only ``PolicyTable`` makes it.
package struct Permit: Sendable, Hashable {
    package let peer: AuthenticatedPeer
    package let object: String
    package let method: String
    /// The rule that allowed it.
    package var rule: PolicyRule { compiled.rule }
    /// What that rule adds to the audit log.
    package var audit: AuditLevel { compiled.rule.audit }
    /// By reference: a permit is made for every call.
    private let compiled: CompiledRule

    fileprivate init(_ request: AccessRequest, rule: CompiledRule) {
        peer = request.peer
        object = request.object
        method = request.method
        compiled = rule
    }

    package static func == (one: Self, other: Self) -> Bool {
        one.peer == other.peer && one.object == other.object && one.method == other.method
            && one.rule == other.rule
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(object)
        hasher.combine(method)
    }
}

/// The policy's no.
package struct Denial: Error, Sendable, Hashable {
    package let peer: AuthenticatedPeer
    package let object: String
    package let method: String
    /// For the operator's log, never for the peer.
    package let reason: String
    /// The rule that denied it; `nil` when merely none allowed it.
    package let rule: PolicyRule?
    /// Whether the peer may call something else on this object. If not, the answer must read the same as for an
    /// object that does not exist.
    package let hasAnyRight: Bool

    fileprivate init(_ request: AccessRequest, reason: String, rule: PolicyRule?, _ hasAnyRight: Bool) {
        peer = request.peer
        object = request.object
        method = request.method
        self.reason = reason
        self.rule = rule
        self.hasAnyRight = hasAnyRight
    }
}
