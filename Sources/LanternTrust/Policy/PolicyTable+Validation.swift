extension PolicyTable {
    static let maximumRules = 10_000
    static let maximumPatterns = 1_000
    static let maximumQuotas = 1_000

    /// Looks for what a rule cannot mean.
    ///
    /// - Throws: ``TrustError/Code/malformedPolicy``, the detail beginning with file and line.
    package static func validate(_ rules: [PolicyRule]) throws(TrustError) {
        guard rules.count <= maximumRules else {
            throw TrustError(
                .malformedPolicy, "\(rules[maximumRules].place): more than \(maximumRules) rules")
        }
        for rule in rules { try validate(rule) }
    }

    /// The same for one rule.
    package static func validate(_ rule: PolicyRule) throws(TrustError) {
        try check(rule.identities, named: rule.effect.rawValue, at: rule.place)
        try check(rule.objects, named: "objects", at: rule.place)
        try check(rule.methods, named: "methods", at: rule.place)
        if let names = rule.names { try check(names: names, of: rule) }
        for identity in rule.identities { try check(identity: identity, at: rule.place) }
        guard let requirement = rule.requirement else { return }
        guard rule.effect == .allow else {
            throw bad(
                rule.place, "'require' is for allow rules: a deny rule that did not apply would be a hole")
        }
        guard !requirement.keyExchanges.isEmpty, requirement.keyExchanges.count <= 16,
            requirement.keyExchanges.allSatisfy({ (1...64).contains($0.utf8.count) })
        else {
            throw bad(rule.place, "'key-exchange' is the name of a group, or up to 16 of them")
        }
    }

    package static func validate(_ quotas: [QuotaRule]) throws(TrustError) {
        guard quotas.count <= maximumQuotas else {
            throw TrustError(
                .malformedPolicy, "\(quotas[maximumQuotas].place): more than \(maximumQuotas) quotas")
        }
        for rule in quotas { try validate(rule) }
    }

    package static func validate(_ rule: QuotaRule) throws(TrustError) {
        try check(rule.identities, named: "for", at: rule.place)
        for identity in rule.identities { try check(identity: identity, at: rule.place) }
        if let problem = rule.quota.problem { throw bad(rule.place, problem) }
    }

    private static func check(_ patterns: [String], named name: String, at place: String)
        throws(TrustError)
    {
        guard !patterns.isEmpty else {
            throw bad(place, "'\(name)' is empty; write [\"*\"] if you mean all of them")
        }
        guard patterns.count <= maximumPatterns else {
            throw bad(place, "'\(name)' has more than \(maximumPatterns) patterns")
        }
        for pattern in patterns {
            if let problem = Pattern.problem(in: pattern) { throw bad(place, "'\(name)': \(problem)") }
        }
    }

    /// Objects whose methods are about names.
    private static let nameObjects: Set<String> = [
        "Pyro.NameServer", "Lantern.NameServer", "Lantern.NameOwners",
    ]

    /// On another object such a rule would allow everything, or deny nothing.
    private static func check(names: [String], of rule: PolicyRule) throws(TrustError) {
        try check(names, named: "names", at: rule.place)
        let isOfNames = rule.objects.allSatisfy { object in
            nameObjects.contains(object) || (rule.effect == .deny && object == "*")
        }
        guard isOfNames else {
            throw bad(
                rule.place, "'names' is for the objects \(nameObjects.sorted().joined(separator: ", "))")
        }
    }

    /// An identity that no certificate can have is a mistake, and a silent one in a deny rule.
    private static func check(identity: String, at place: String) throws(TrustError) {
        guard !identity.utf8.contains(UInt8(ascii: "*")) else {
            let fixed = identity.prefix { $0 != "*" }
            let isPossible =
                ["spiffe://", "dns:"].contains { fixed.hasPrefix($0) || $0.hasPrefix(fixed) }
            guard isPossible else {
                throw bad(place, "'\(identity)' matches no identity; they begin with 'spiffe://' or 'dns:'")
            }
            return
        }
        do throws(TrustError) {
            let read = try PeerIdentity(identity)
            guard read.description == identity else {
                throw TrustError(.badIdentity, "identities are written in lower case: '\(read)'")
            }
        } catch {
            throw bad(place, "'\(identity)' is not an identity: \(error.detail)")
        }
    }

    private static func bad(_ place: String, _ detail: String) -> TrustError {
        TrustError(.malformedPolicy, "\(place): \(detail)")
    }
}
