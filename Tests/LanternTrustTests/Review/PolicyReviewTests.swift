import Testing

@testable import LanternTrust

struct PolicyReviewTests {
    private func review(
        _ rules: [PolicyRule], quotas: [QuotaRule] = [], groups: [PolicyDocument.Definition] = [],
        roles: [PolicyDocument.Definition] = [], _ surroundings: PolicyReview.Surroundings = .init()
    ) -> [PolicyReview.Finding] {
        PolicyReview(
            PolicyDocument(
                version: 2, source: "p", groups: groups, roles: roles, rules: rules, quotas: quotas),
            surroundings
        ).findings()
    }

    private func rule(
        _ effect: PolicyRule.Effect, _ identities: [String], _ objects: [String], _ methods: [String],
        line: Int
    ) -> PolicyRule {
        PolicyRule(
            effect, identities: identities, objects: objects, methods: methods, line: line, source: "p")
    }

    private func kinds(_ findings: [PolicyReview.Finding]) -> [String] {
        findings.map { "\($0.place) \($0.kind.rawValue)" }
    }

    @Test("a policy that needs each of its rules has no finding")
    func clean() {
        let rules = [
            rule(.allow, ["spiffe://td/*"], ["o*"], ["get*", "list"], line: 1),
            rule(.deny, ["spiffe://td/guest"], ["*"], ["getSecret"], line: 2),
            rule(.allow, ["spiffe://td/admin"], ["*"], ["*"], line: 3),
        ]
        #expect(review(rules).isEmpty)
    }

    @Test("allow rules of which deny rules leave nothing are shadowed, also by several together")
    func shadowed() {
        let rules = [
            rule(.allow, ["spiffe://td/a"], ["o"], ["get", "set"], line: 1),
            rule(.deny, ["spiffe://td/*"], ["*"], ["g*"], line: 2),
            rule(.deny, ["*"], ["o"], ["set"], line: 3),
            rule(.allow, ["spiffe://td/a"], ["o"], ["get*"], line: 4),
            rule(.allow, ["spiffe://td/a"], ["p"], ["set"], line: 5),
        ]
        let findings = review(rules)
        #expect(kinds(findings) == ["p:1 shadowed", "p:4 shadowed"])
        #expect(findings.first?.text.contains("p:2, p:3") == true)
    }

    @Test("rules that another one makes needless are redundant; of two equal ones the later")
    func redundant() {
        let rules = [
            rule(.allow, ["spiffe://td/*"], ["*"], ["*"], line: 1),
            rule(.allow, ["spiffe://td/a"], ["o"], ["get"], line: 2),
            rule(.deny, ["spiffe://td/b"], ["*"], ["*"], line: 3),
            rule(.deny, ["spiffe://td/b"], ["*"], ["*"], line: 4),
        ]
        #expect(kinds(review(rules)) == ["p:2 redundant", "p:4 redundant"])
    }

    @Test("a rule with a requirement or a record of its own is not redundant, one with less is")
    func requirements() {
        let bound = PolicyRule(
            .allow, identities: ["spiffe://td/*"], objects: ["*"], methods: ["*"],
            requirement: PolicyRequirement(keyExchanges: ["X25519"]), line: 1, source: "p")
        let plain = rule(.allow, ["spiffe://td/a"], ["o"], ["get"], line: 2)
        #expect(review([bound, plain]).isEmpty)
        let recorded = PolicyRule(
            .allow, identities: ["spiffe://td/a"], objects: ["o"], methods: ["get"], audit: .names, line: 3,
            source: "p")
        #expect(review([rule(.allow, ["spiffe://td/*"], ["*"], ["*"], line: 1), recorded]).isEmpty)
        #expect(kinds(review([recorded, plain])) == ["p:2 redundant"])
    }

    @Test("a deny rule for what nothing allows is idle")
    func idle() {
        let rules = [
            rule(.allow, ["spiffe://td/a*"], ["o"], ["get*"], line: 1),
            rule(.deny, ["spiffe://td/b*"], ["*"], ["*"], line: 2),
            rule(.deny, ["*"], ["p"], ["*"], line: 3), rule(.deny, ["*"], ["*"], ["*t"], line: 4),
        ]
        #expect(kinds(review(rules)) == ["p:2 idle", "p:3 idle"])
    }

    @Test("rules for peers that no authority can vouch for, or for no listed object, are unreachable")
    func unreachable() {
        let rules = [
            rule(.allow, ["spiffe://td/a"], ["o"], ["get"], line: 1),
            rule(.allow, ["spiffe://elsewhere/a"], ["o"], ["get"], line: 2),
            rule(.allow, ["dns:host"], ["o"], ["get"], line: 3),
            rule(.allow, ["spiffe://td"], ["o"], ["get"], line: 4),
            rule(.allow, ["spiffe://*/b", "dns:*.test"], ["o"], ["get"], line: 5),
            rule(.allow, ["spiffe://td/c"], ["q*"], ["get"], line: 6),
        ]
        #expect(review(rules).isEmpty)
        let spiffe = review(rules, .init(objects: ["o"], trustDomains: ["td", "other"]))
        #expect(
            kinds(spiffe) == ["p:2 unreachable", "p:3 unreachable", "p:4 unreachable", "p:6 unreachable"])
        let dns = review(rules, .init(trustDomains: []))
        #expect(
            kinds(dns) == [
                "p:1 unreachable", "p:2 unreachable", "p:4 unreachable", "p:6 unreachable",
            ])
    }

    @Test("listed objects that nobody may call are named")
    func closedObjects() {
        let rules = [
            rule(.allow, ["spiffe://td/a"], ["o*"], ["get", "set"], line: 1),
            rule(.deny, ["*"], ["o2"], ["*"], line: 2),
            rule(.deny, ["*"], ["o3"], ["get"], line: 3),
        ]
        let findings = review(rules, .init(objects: ["o1", "o2", "o3", "xother"]))
            .filter { $0.kind == .closedObject }
        #expect(findings.map(\.text).map { $0.contains("'o2'") } == [true, false])
        #expect(findings.last?.text.contains("'xother'") == true)
        // An identity that cannot be gives no right.
        let impossible = review(rules, .init(objects: ["o1"], trustDomains: ["elsewhere"]))
        #expect(impossible.contains { $0.kind == .closedObject })
    }

    @Test("groups and roles that nothing names, and quotas for nobody, are told")
    func unused() {
        let rules = [rule(.allow, ["spiffe://td/a"], ["o"], ["get"], line: 9)]
        let quotas = ["spiffe://td/*", "spiffe://td/b"].enumerated().map { line, pattern in
            QuotaRule(
                identities: [pattern], quota: Quota(concurrentCalls: 1), line: line + 20, source: "p")
        }
        let findings = review(
            rules, quotas: quotas,
            groups: [.init(name: "g", line: 2, isUsed: true), .init(name: "h", line: 3, isUsed: false)],
            roles: [.init(name: "r", line: 5, isUsed: false)])
        #expect(kinds(findings) == ["p:3 unused", "p:5 unused", "p:21 idle-quota"])
    }

    @Test("a finding is true: taking the rule away changes no decision", arguments: 0..<40)
    func harmless(seed: UInt64) throws {
        var numbers = CompiledPolicyTests.Numbers(state: seed &+ 77)
        func some(_ texts: [String]) -> [String] {
            (0..<Int.random(in: 1...2, using: &numbers)).map { _ in
                texts.randomElement(using: &numbers) ?? "*"
            }
        }
        let patterns = ["*", "a", "b", "a*", "*b", "ab", "ba*"]
        let rules = (1...8).map { line in
            rule(
                Bool.random(using: &numbers) ? .allow : .deny,
                some(["*", "spiffe://td/a", "spiffe://td/*", "spiffe://td/b", "*b"]), some(patterns),
                some(patterns), line: line)
        }
        let whole = try PolicyTable(rules: rules)
        for finding in review(rules) {
            let rest = try PolicyTable(rules: rules.filter { $0.place != finding.place })
            for identity in ["a", "b", "ab"] {
                for object in ["a", "b", "ab", "ba", "c"] {
                    for method in ["a", "b", "ab", "bab", "c"] {
                        let peer = try PeerIdentity("spiffe://td/\(identity)")
                        let same =
                            whole.explain(identity: peer, object: object, method: method).isAllowed
                            == rest.explain(identity: peer, object: object, method: method).isAllowed
                        #expect(same, "\(finding)")
                    }
                }
            }
        }
    }

    @Test("rules about some names of a name server leave the other names, and are needed beside each other")
    func names() {
        func rule(_ effect: PolicyRule.Effect, _ names: [String]?, line: Int) -> PolicyRule {
            PolicyRule(
                effect, identities: ["spiffe://td/*"], objects: ["Pyro.NameServer"], methods: ["lookup"],
                names: names, line: line, source: "p")
        }
        #expect(review([rule(.allow, nil, line: 1), rule(.deny, ["internal.*"], line: 2)]).isEmpty)
        #expect(review([rule(.allow, ["a.*"], line: 1), rule(.allow, ["b.*"], line: 2)]).isEmpty)
        #expect(
            kinds(review([rule(.allow, nil, line: 1), rule(.allow, ["b.*"], line: 2)])) == ["p:2 redundant"])
        #expect(
            kinds(review([rule(.deny, nil, line: 1), rule(.allow, ["b.*"], line: 2)])) == ["p:2 shadowed"])
    }

    /// Every other one denies what no rule allows.
    private func many(_ count: Int) -> [PolicyRule] {
        (1...count).map { line in
            rule(
                line.isMultiple(of: 2) ? .allow : .deny, ["spiffe://td/\(line % 50)/*"], ["o\(line).*"],
                ["m\(line).*"], line: line)
        }
    }

    @Test("of many rules each is judged")
    func large() {
        let expected = stride(from: 1, to: 400, by: 2).map { "p:\($0) idle" }
        #expect(kinds(review(many(400))) == expected)
    }

    @Test("of ten thousand rules as many are judged as there may be steps", .timeLimit(.minutes(1)))
    func tooMany() {
        let document = PolicyDocument(
            version: 2, source: "p", groups: [], roles: [], rules: many(10_000), quotas: [])
        let found = kinds(PolicyReview(document, maximumSteps: 400_000).findings())
        #expect((10..<100).contains(found.count))
        #expect(found == (0..<found.count).map { "p:\(2 * $0 + 1) idle" })
        #expect(PolicyReview(document, maximumSteps: 0).findings().isEmpty)
    }
}
