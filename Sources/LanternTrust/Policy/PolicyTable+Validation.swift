extension PolicyTable {
    static let maximumRules = 10_000
    static let maximumPatterns = 1_000

    /// Looks for what a rule cannot mean.
    ///
    /// - Throws: ``TrustError/Code/malformedPolicy``, the detail beginning with file and line.
    package static func validate(_ rules: [PolicyRule]) throws(TrustError) {
        guard rules.count <= maximumRules else {
            throw TrustError(
                .malformedPolicy, "\(rules[maximumRules].place): more than \(maximumRules) rules")
        }
        for rule in rules {
            try check(rule.identities, named: rule.effect.rawValue, of: rule)
            try check(rule.objects, named: "objects", of: rule)
            try check(rule.methods, named: "methods", of: rule)
            if let names = rule.names { try check(names: names, of: rule) }
            for identity in rule.identities { try check(identity: identity, of: rule) }
        }
    }

    private static func check(_ patterns: [String], named name: String, of rule: PolicyRule)
        throws(TrustError)
    {
        guard !patterns.isEmpty else {
            throw bad(rule, "'\(name)' is empty; write [\"*\"] if you mean all of them")
        }
        guard patterns.count <= maximumPatterns else {
            throw bad(rule, "'\(name)' has more than \(maximumPatterns) patterns")
        }
        for pattern in patterns {
            if let problem = Pattern.problem(in: pattern) { throw bad(rule, "'\(name)': \(problem)") }
        }
    }

    /// Objects whose methods are about names.
    private static let nameObjects: Set<String> = [
        "Pyro.NameServer", "Lantern.NameServer", "Lantern.NameOwners",
    ]

    /// On another object such a rule would allow everything, or deny nothing.
    private static func check(names: [String], of rule: PolicyRule) throws(TrustError) {
        try check(names, named: "names", of: rule)
        let isOfNames = rule.objects.allSatisfy { object in
            nameObjects.contains(object) || (rule.effect == .deny && object == "*")
        }
        guard isOfNames else {
            throw bad(
                rule, "'names' is for the objects \(nameObjects.sorted().joined(separator: ", "))")
        }
    }

    /// An identity that no certificate can have is a mistake, and a silent one in a deny rule.
    private static func check(identity: String, of rule: PolicyRule) throws(TrustError) {
        guard !identity.utf8.contains(UInt8(ascii: "*")) else {
            let fixed = identity.prefix { $0 != "*" }
            let isPossible =
                ["spiffe://", "dns:"].contains { fixed.hasPrefix($0) || $0.hasPrefix(fixed) }
            guard isPossible else {
                throw bad(rule, "'\(identity)' matches no identity; they begin with 'spiffe://' or 'dns:'")
            }
            return
        }
        do throws(TrustError) {
            let read = try PeerIdentity(identity)
            guard read.description == identity else {
                throw TrustError(.badIdentity, "identities are written in lower case: '\(read)'")
            }
        } catch {
            throw bad(rule, "'\(identity)' is not an identity: \(error.detail)")
        }
    }

    private static func bad(_ rule: PolicyRule, _ detail: String) -> TrustError {
        TrustError(.malformedPolicy, "\(rule.place): \(detail)")
    }
}
