/// Rights of peers that show a certificate and prove no handshake key: for what only tells numbers.
extension PolicyTable {
    /// Decides by certificate alone.
    ///
    /// An `allow` rule counts only when it names the object itself: a rule about all objects was written for peers that
    /// prove more. Every `deny` rule counts.
    ///
    /// - Parameter keyExchange: the group of the connection's key exchange, when that is known.
    /// - Returns: also why, for the operator's log.
    package func judgeCertificate(
        of identity: PeerIdentity, keyExchange: String?, object: String, method: String
    ) -> (isAllowed: Bool, reason: String) {
        let identity = identity.description
        let rules = named.filter { rule in
            rule.targets == nil && rule.concerns(identity: identity) && rule.concerns(object: object)
                && rule.names(method)
        }
        if let denial = rules.first(where: { $0.rule.effect == .deny }) {
            return (false, "denied by \(denial.rule.place)")
        }
        let allowing = rules.filter { $0.rule.effect == .allow && $0.rule.objects.contains(object) }
        if let rule = allowing.first(where: { $0.rule.requirement?.isMet(keyExchange: keyExchange) ?? true })
        {
            return (true, "allowed by \(rule.rule.place)")
        }
        if let rule = allowing.first?.rule, let requirement = rule.requirement {
            return (false, "\(rule.place) allows it only over \(requirement)")
        }
        return (false, "no rule that names the object \(object) allows it")
    }
}
