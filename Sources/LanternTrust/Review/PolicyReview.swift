/// Looks for what a policy says in vain: rules that never decide, objects that nobody may call.
///
/// A finding is certain: a rule that is called shadowed is never needed. The reverse does not hold: rules that only
/// several others together make useless may be passed over.
package struct PolicyReview {
    package struct Finding: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            /// An allow rule of which deny rules leave nothing.
            case shadowed
            /// Another rule says the same and more.
            case redundant
            /// A deny rule for what no rule allows.
            case idle
            /// No peer, or none of the listed objects, can ever match the rule.
            case unreachable
            /// A listed object that nobody may call.
            case closedObject = "closed-object"
            /// A group or role that nothing names.
            case unused
            /// A quota for nobody who may call anything.
            case idleQuota = "idle-quota"
        }

        package let kind: Kind
        /// `policy.yaml:12`.
        package let place: String
        package let text: String
    }

    /// What is known beside the file.
    package struct Surroundings: Sendable {
        /// Ids of the objects that there are; nil when unknown.
        package var objects: [String]?
        /// The trust domains that peers can have; nil when unknown. Empty where identities are DNS names.
        package var trustDomains: [String]?

        package init(objects: [String]? = nil, trustDomains: [String]? = nil) {
            self.objects = objects
            self.trustDomains = trustDomains
        }
    }

    /// Combinations of patterns that are looked at for one rule, and for all.
    static let maximumCombinations = 20_000
    package static let maximumSteps = 5_000_000

    private let document: PolicyDocument
    private let maximumSteps: Int
    private let surroundings: Surroundings
    private let rules: [CompiledRule]
    private let denials: [CompiledRule]
    private let allowances: [CompiledRule]

    /// - Parameter maximumSteps: how much work there may be; rules that are left over then are passed over.
    package init(
        _ document: PolicyDocument, _ surroundings: Surroundings = .init(), maximumSteps: Int = maximumSteps
    ) {
        self.document = document
        self.maximumSteps = maximumSteps
        self.surroundings = surroundings
        rules = document.rules.map(CompiledRule.init)
        // One that takes away some names of a name server leaves the method.
        denials = rules.filter { $0.rule.effect == .deny && $0.rule.names == nil }
        allowances = rules.filter { $0.rule.effect == .allow }
    }

    /// - Returns: in the order of the file.
    package func findings() -> [Finding] {
        var findings: [Finding] = []
        var steps = maximumSteps
        for (index, rule) in rules.enumerated() {
            if let found = unreachable(rule) ?? vain(rule, index, &steps) { findings.append(found) }
        }
        findings += closedObjects() + unused() + idleQuotas()
        return findings
    }

    private func finding(_ kind: Finding.Kind, _ rule: PolicyRule, _ text: String) -> Finding {
        Finding(kind: kind, place: rule.place, text: rule.role.map { "role \($0): \(text)" } ?? text)
    }

    // MARK: - Rules

    private func unreachable(_ rule: CompiledRule) -> Finding? {
        let impossible = rule.rule.identities.filter { !isPossible($0) }
        if impossible.count == rule.rule.identities.count, let first = impossible.first {
            let domains = surroundings.trustDomains ?? []
            let known = domains.isEmpty ? "DNS names" : domains.joined(separator: ", ")
            return finding(
                .unreachable, rule.rule,
                "no peer can be '\(first)': certificates are accepted for \(known) only")
        }
        guard let objects = surroundings.objects else { return nil }
        let isNeeded = objects.contains { rule.concerns(object: $0) }
        return isNeeded
            ? nil
            : finding(.unreachable, rule.rule, "none of the \(objects.count) listed objects is meant by it")
    }

    /// Whether a certificate that is accepted here can match.
    private func isPossible(_ pattern: String) -> Bool {
        guard let domains = surroundings.trustDomains else { return true }
        guard !domains.isEmpty else { return Pattern.overlap(pattern, "dns:*") }
        // A peer's identity has a path.
        return domains.contains { Pattern.overlap(pattern, "spiffe://\($0)/*") }
    }

    private func vain(_ rule: CompiledRule, _ index: Int, _ steps: inout Int) -> Finding? {
        guard steps > 0 else { return nil }
        switch rule.rule.effect {
        case .allow:
            if let places = covering(rule, by: denials, &steps) {
                return finding(.shadowed, rule.rule, "deny rules refuse all that it allows: \(places)")
            }
        case .deny:
            steps -= allowances.count
            let meets = steps < 0 || allowances.contains { overlap(rule, $0) }
            if !meets { return finding(.idle, rule.rule, "it denies what no rule allows") }
        }
        let others = (rule.rule.effect == .deny ? denials : allowances).filter { other in
            other !== rule && isAtLeast(other.rule, rule.rule)
        }
        for other in others {
            steps -= 1
            guard steps > 0 else { return nil }
            guard covers(other, rule) else { continue }
            // Of two that say the same the later one is the redundant one.
            let place = rules.firstIndex { $0 === other } ?? 0
            if covers(rule, other), isAtLeast(rule.rule, other.rule), place > index { continue }
            return finding(.redundant, rule.rule, "\(other.rule.place) says all that it says")
        }
        return nil
    }

    /// Whether a rule has its effect wherever the other one has, for all names that it is about, and is audited no less.
    private func isAtLeast(_ one: PolicyRule, _ other: PolicyRule) -> Bool {
        (one.names == nil || one.names == other.names)
            && (one.requirement == nil || one.requirement == other.requirement)
            && (one.audit == other.audit || other.audit == .object)
    }

    private func covers(_ wide: CompiledRule, _ narrow: CompiledRule) -> Bool {
        narrow.rule.identities.allSatisfy { text in wide.identities.contains { $0.covers(text) } }
            && narrow.rule.objects.allSatisfy { text in wide.objects.contains { $0.covers(text) } }
            && narrow.rule.methods.allSatisfy { text in wide.methods.contains { $0.covers(text) } }
    }

    private func overlap(_ one: CompiledRule, _ other: CompiledRule) -> Bool {
        func meet(_ some: [String], _ others: [String]) -> Bool {
            some.contains { text in others.contains { Pattern.overlap(text, $0) } }
        }
        return meet(one.rule.objects, other.rule.objects) && meet(one.rule.methods, other.rule.methods)
            && meet(one.rule.identities, other.rule.identities)
    }

    /// The places of the rules that together cover each combination of a rule's patterns; nil when they do not.
    private func covering(_ rule: CompiledRule, by others: [CompiledRule], _ steps: inout Int) -> String? {
        steps -= others.count
        guard steps > 0 else { return nil }
        let candidates = others.filter { overlap($0, rule) }
        guard !candidates.isEmpty else { return nil }
        let count = rule.identities.count * rule.objects.count * rule.methods.count
        guard count <= Self.maximumCombinations else {
            return candidates.first { covers($0, rule) }.map(\.rule.place)
        }
        var used: [String] = []
        for identity in rule.rule.identities {
            for object in rule.rule.objects {
                for method in rule.rule.methods {
                    steps -= candidates.count
                    guard steps > 0 else { return nil }
                    let found = candidates.first { other in
                        other.identities.contains { $0.covers(identity) }
                            && other.objects.contains { $0.covers(object) }
                            && other.methods.contains { $0.covers(method) }
                    }
                    guard let found else { return nil }
                    if !used.contains(found.rule.place) { used.append(found.rule.place) }
                }
            }
        }
        return used.joined(separator: ", ")
    }

    // MARK: - Objects, definitions, quotas

    private func closedObjects() -> [Finding] {
        (surroundings.objects ?? []).filter { object in
            !allowances.contains { $0.concerns(object: object) && leavesSomething($0, on: object) }
        }.map { object in
            Finding(
                kind: .closedObject, place: document.source,
                text: "nobody may call anything on the object '\(object)'")
        }
    }

    private func leavesSomething(_ rule: CompiledRule, on object: String) -> Bool {
        let against = denials.filter { $0.concerns(object: object) }
        return rule.rule.identities.contains { identity in
            isPossible(identity)
                && rule.rule.methods.contains { method in
                    !against.contains { denial in
                        denial.identities.contains { $0.covers(identity) }
                            && denial.methods.contains { $0.covers(method) }
                    }
                }
        }
    }

    private func unused() -> [Finding] {
        let groups = document.groups.map { ("group", $0) }
        let roles = document.roles.map { ("role", $0) }
        return (groups + roles).filter { !$0.1.isUsed }.map { kind, definition in
            Finding(
                kind: .unused, place: "\(document.source):\(definition.line)",
                text: "nothing uses the \(kind) '\(definition.name)'")
        }
    }

    private func idleQuotas() -> [Finding] {
        document.quotas.filter { quota in
            !quota.identities.contains { pattern in
                isPossible(pattern)
                    && allowances.contains { $0.rule.identities.contains { Pattern.overlap($0, pattern) } }
            }
        }.map { quota in
            Finding(
                kind: .idleQuota, place: quota.place, text: "the quota is for nobody who may call anything")
        }
    }
}
