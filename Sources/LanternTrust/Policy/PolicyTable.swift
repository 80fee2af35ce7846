internal import Synchronization

/// Who may call what: deny first, then allow, else no.
///
/// Immutable; a changed policy file makes a new table. What the rules say about one identity and one object is
/// worked out once and kept, up to ``rememberedStandings`` pairs, so that most decisions compare method names only.
public final class PolicyTable: Sendable {
    /// Longer object or method names are denied without looking at any rule.
    static let maximumNameLength = 1024
    static let rememberedStandings = 4096

    public let rules: [PolicyRule]
    /// All rules, for rights on single names.
    let named: [CompiledRule]
    /// Whether some rule is about single names.
    let speaksOfNames: Bool
    private let compiled: [CompiledRule]
    private let standings = Mutex<[StandingKey: Standing]>([:])

    /// - Throws: ``TrustError/Code/malformedPolicy`` for the first rule that is wrong, with its file and line.
    public init(rules: [PolicyRule]) throws(TrustError) {
        try Self.validate(rules)
        self.rules = rules
        named = rules.map(CompiledRule.init)
        speaksOfNames = rules.contains { $0.names != nil }
        // Taking away some names of a method does not take away the method.
        compiled = named.filter { $0.rule.effect == .allow || $0.targets == nil }
    }

    /// Decides one call.
    package func decide(_ request: AccessRequest) -> Decision {
        guard Self.isNameable(request.object), Self.isNameable(request.method) else {
            return .denied(
                Denial(request, reason: "a name over \(Self.maximumNameLength) bytes", rule: nil, false))
        }
        let standing = standing(of: request.peer.identity, towards: request.object)
        if let rule = standing.denying(request.method) {
            return .denied(
                Denial(request, reason: "denied by \(rule.rule.place)", rule: rule.rule, standing.hasAnyRight)
            )
        }
        if let rule = standing.allowing(request.method) { return .permit(Permit(request, rule: rule)) }
        return .denied(Denial(request, reason: "no rule allows it", rule: nil, standing.hasAnyRight))
    }

    /// Whether the peer may call anything at all on the object.
    package func mayCallSomething(peer: AuthenticatedPeer, object: String) -> Bool {
        Self.isNameable(object) && standing(of: peer.identity, towards: object).hasAnyRight
    }

    /// Those of an object's methods that the peer may call, in the given order: what its metadata may list.
    package func visibleMethods(of methods: [String], object: String, peer: AuthenticatedPeer) -> [String] {
        guard Self.isNameable(object) else { return [] }
        let standing = standing(of: peer.identity, towards: object)
        return methods.filter { method in
            Self.isNameable(method) && standing.denying(method) == nil && standing.allowing(method) != nil
        }
    }

    private static func isNameable(_ name: String) -> Bool { name.utf8.count <= maximumNameLength }

    private func standing(of identity: PeerIdentity, towards object: String) -> Standing {
        let key = StandingKey(identity: identity, object: object)
        if let known = standings.withLock({ $0[key] }) { return known }
        let standing = Standing(
            rules: compiled.filter { $0.appliesTo(identity: identity.description, object: object) })
        // Names that no rule knows are not remembered: a peer can invent as many as it likes.
        guard !standing.isEmpty else { return standing }
        standings.withLock { standings in
            if standings.count >= Self.rememberedStandings { standings.removeAll(keepingCapacity: true) }
            standings[key] = standing
        }
        return standing
    }
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
