/// Why a call is allowed or refused: for the author of a policy.
package struct PolicyExplanation: Sendable, Hashable {
    /// A rule that is near and does not decide.
    package struct Near: Sendable, Hashable {
        package let rule: PolicyRule
        package let why: String
    }

    package let isAllowed: Bool
    /// The rule that decided; nil when none names the call.
    package let rule: PolicyRule?
    package let reason: String
    /// Whether the identity may call something else on the object; if not, it is told that there is no such object.
    package let hasAnyRight: Bool
    package let near: [Near]
    package let quota: Quota?
}

extension PolicyTable {
    static let maximumNear = 20

    /// Decides as ``decide(_:)`` does, and says why.
    ///
    /// - Parameter keyExchange: the group of the connection's key exchange; nil meets no requirement.
    package func explain(
        identity: PeerIdentity, object: String, method: String, keyExchange: String? = nil
    ) -> PolicyExplanation {
        let quota = quota(of: identity)
        guard Self.isNameable(object), Self.isNameable(method) else {
            return PolicyExplanation(
                isAllowed: false, rule: nil, reason: Self.unnameable, hasAnyRight: false, near: [],
                quota: quota)
        }
        let standing = standing(of: identity, towards: object, met: met(keyExchange: keyExchange))
        let allowing = standing.allowing(method)?.rule
        if let rule = standing.denying(method)?.rule {
            let near = allowing.map {
                PolicyExplanation.Near(rule: $0, why: "would allow it, but deny rules win")
            }
            return PolicyExplanation(
                isAllowed: false, rule: rule, reason: "denied by \(rule.place)",
                hasAnyRight: standing.hasAnyRight,
                near: near.map { [$0] } ?? [], quota: quota)
        }
        if let allowing {
            return PolicyExplanation(
                isAllowed: true, rule: allowing, reason: "allowed by \(allowing.place)", hasAnyRight: true,
                near: [],
                quota: quota)
        }
        return PolicyExplanation(
            isAllowed: false, rule: nil, reason: Self.refusal(standing, method),
            hasAnyRight: standing.hasAnyRight, near: near(identity, object, method), quota: quota)
    }

    /// Allow rules of which two of the three lists match.
    private func near(_ identity: PeerIdentity, _ object: String, _ method: String) -> [PolicyExplanation
        .Near]
    {
        var found: [PolicyExplanation.Near] = []
        for rule in rules where rule.effect == .allow {
            let compiled = CompiledRule(rule)
            var missing: [String] = []
            if !compiled.concerns(identity: identity.description) { missing.append("the identity") }
            if !compiled.concerns(object: object) { missing.append("the object") }
            if !compiled.names(method) { missing.append("the method") }
            guard missing.count < 2 else { continue }
            if let part = missing.first {
                found.append(.init(rule: rule, why: "names all but \(part)"))
            } else if let requirement = rule.requirement {
                found.append(.init(rule: rule, why: "allows it only over \(requirement)"))
            }
            if found.count == Self.maximumNear { break }
        }
        return found
    }

    /// Whether some rule records what it allows or refuses.
    package var demandsAudit: Bool { rules.contains { $0.audit != .object } }
}
