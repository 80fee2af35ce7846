/// Rights on single names of a name server: rules with a `names` list.
///
/// Such an `allow` rule lets a peer call the method for these names only; such a `deny` rule takes these names away and
/// leaves the others. A rule without the list is about all names.
extension PolicyTable {
    /// What a peer may do with names by one method of one object.
    ///
    /// - Parameter isExplicit: an `allow` rule counts only when it names the object itself: for rights that a rule about
    ///   all objects should not give by the way.
    package func nameRights(
        peer: AuthenticatedPeer, object: String, method: String, isExplicit: Bool = false
    ) -> NameRights {
        if !speaksOfNames, !isExplicit {
            guard case .permit = decide(AccessRequest(peer: peer, object: object, method: method)) else {
                return .none
            }
            return .all
        }
        let identity = peer.identity.description
        let rules = named.filter { rule in
            rule.concerns(identity: identity) && rule.concerns(object: object) && rule.names(method)
                && rule.rule.requirement?.isMet(keyExchange: peer.knownKeyExchange) ?? true
        }
        return NameRights(
            denied: rules.filter { $0.rule.effect == .deny }.map(\.targets),
            allowed: rules.filter {
                $0.rule.effect == .allow && (!isExplicit || $0.rule.objects.contains(object))
            }.map(\.targets))
    }
}

/// Patterns of the names that are denied and allowed; nil patterns mean all names.
package struct NameRights: Sendable {
    private let denied: [[Pattern]?]
    private let allowed: [[Pattern]?]

    package static let all = NameRights(denied: [], allowed: [nil])
    package static let none = NameRights(denied: [], allowed: [])

    init(denied: [[Pattern]?], allowed: [[Pattern]?]) {
        self.denied = denied
        self.allowed = allowed
    }

    /// Whether no name has to be looked at.
    package var isEverything: Bool { denied.isEmpty && allowed.contains { $0 == nil } }

    /// Deny first, then allow, else no.
    package func allow(_ name: String) -> Bool {
        if isEverything { return true }
        let matches = { (patterns: [Pattern]?) in patterns?.contains { $0.matches(name) } ?? true }
        return !denied.contains(where: matches) && allowed.contains(where: matches)
    }
}
