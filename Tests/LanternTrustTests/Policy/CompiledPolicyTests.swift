import Testing

@testable import LanternTrust

/// The compiled table against the plainest reading of the rules.
struct CompiledPolicyTests {
    /// Always the same numbers for the same seed.
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    static let identities = ["a", "b", "a/b", "b/a", "ab"].map { "spiffe://td/\($0)" } + ["dns:ab", "dns:b"]
    static let names = [
        "", "a", "b", "ab", "ba", "aab", "abb", "a.b", "\u{E9}", "e\u{301}", "a=", "get", "getter",
    ]
    static let groups: [String?] = [nil, "X25519", "X25519MLKEM768"]

    private static func pattern(_ numbers: inout Numbers) -> String {
        let pieces = ["a", "b", "ab", ".", "get", "*", "*", "\u{E9}", "="]
        let count = Int.random(in: 1...4, using: &numbers)
        return (0..<count).map { _ in pieces.randomElement(using: &numbers) ?? "*" }.joined()
    }

    private static func identity(_ numbers: inout Numbers) -> String {
        let all =
            identities + [
                "*", "spiffe://*", "spiffe://td/*", "spiffe://td/a*", "*b", "dns:*", "s*a*", "spiffe://*b",
            ]
        return all.randomElement(using: &numbers) ?? "*"
    }

    private static func rule(_ line: Int, _ numbers: inout Numbers) -> PolicyRule {
        func list(_ make: (inout Numbers) -> String) -> [String] {
            let count = Int.random(in: 1...3, using: &numbers)
            return (0..<count).map { _ in make(&numbers) }
        }
        let effect: PolicyRule.Effect = Int.random(in: 0...2, using: &numbers) == 0 ? .deny : .allow
        let isBound = effect == .allow && Int.random(in: 0...3, using: &numbers) == 0
        let group = Bool.random(using: &numbers) ? ["X25519MLKEM768"] : ["X25519", "X25519MLKEM768"]
        return PolicyRule(
            effect, identities: list(identity), objects: list(pattern), methods: list(pattern),
            requirement: isBound ? PolicyRequirement(keyExchanges: group) : nil, line: line, source: "p")
    }

    /// Whether a pattern matches, in the simplest way.
    static func plain(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            return plain(pattern.dropFirst(), text) || (!text.isEmpty && plain(pattern, text.dropFirst()))
        }
        return text.first == first && plain(pattern.dropFirst(), text.dropFirst())
    }

    static func matches(_ patterns: [String], _ text: String) -> Bool {
        patterns.contains { plain(Array($0.utf8)[...], Array(text.utf8)[...]) }
    }

    /// The rule that decides: the first that denies, else the first that allows.
    static func naive(
        _ rules: [PolicyRule], _ identity: String, _ object: String, _ method: String, _ group: String?
    ) -> (isAllowed: Bool, rule: PolicyRule?) {
        let applying = rules.filter {
            matches($0.identities, identity) && matches($0.objects, object) && matches($0.methods, method)
        }
        if let denial = applying.first(where: { $0.effect == .deny }) { return (false, denial) }
        let allowing = applying.first { rule in
            guard let requirement = rule.requirement else { return true }
            return group.map { requirement.keyExchanges.contains($0) } ?? false
        }
        return (allowing != nil, allowing)
    }

    @Test("the compiled table says what a naive evaluation says, rule by rule", arguments: 0..<60)
    func equal(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        let count = Int.random(in: 0...25, using: &numbers)
        let rules = (0..<count).map { Self.rule($0 + 1, &numbers) }
        let table = try PolicyTable(rules: rules)
        for text in Self.identities {
            let identity = try PeerIdentity(text)
            for object in Self.names {
                for method in Self.names {
                    let group = Self.groups.randomElement(using: &numbers) ?? nil
                    let expected = Self.naive(rules, text, object, method, group)
                    let found = table.explain(
                        identity: identity, object: object, method: method, keyExchange: group)
                    guard found.isAllowed == expected.isAllowed, found.rule == expected.rule else {
                        Issue.record("\(text) \(object) \(method) \(group ?? "-"): \(found) \(expected)")
                        return
                    }
                }
            }
        }
    }

    @Test("a call is decided as it is explained", arguments: 0..<20)
    func decided(seed: UInt64) throws {
        let ends = try Ends()
        let peer = try ends.accept(try ends.prove())
        var numbers = Numbers(state: seed)
        let rules = (0..<30).map { line in
            let rule = Self.rule(line + 1, &numbers)
            return PolicyRule(
                rule.effect, identities: ["*", "spiffe://lantern.test/client/*"], objects: rule.objects,
                methods: rule.methods, line: rule.line, source: "p")
        }
        let table = try PolicyTable(rules: rules)
        for object in Self.names {
            for method in Self.names {
                let explained = table.explain(identity: peer.identity, object: object, method: method)
                switch table.decide(AccessRequest(peer: peer, object: object, method: method)) {
                case .permit(let permit): #expect(explained.isAllowed && explained.rule == permit.rule)
                case .denied(let denial):
                    #expect(!explained.isAllowed && explained.rule == denial.rule)
                    #expect(explained.reason == denial.reason && explained.hasAnyRight == denial.hasAnyRight)
                }
            }
        }
    }

    @Test("the tree of patterns finds what each pattern alone finds", arguments: 0..<60)
    func trie(seed: UInt64) {
        var numbers = Numbers(state: seed &+ 1_000)
        let patterns = (0..<Int.random(in: 0...40, using: &numbers)).map { _ in Self.pattern(&numbers) }
        let trie = PatternTrie(patterns.enumerated().map { (Pattern($1), $0) })
        for text in Self.names + ["aaaa", "abab", "get.a", "getb", "*", "a*"] {
            let expected = patterns.indices.filter { Self.matches([patterns[$0]], text) }
            #expect(trie.all(text) == expected)
            #expect(trie.first(text) == expected.first)
        }
        #expect(trie.isEmpty == patterns.isEmpty)
    }

    @Test("two patterns overlap when some short text matches both")
    func overlap() {
        let alphabet = ["a", "b", "*"]
        var patterns = [""]
        for _ in 0..<4 { patterns += patterns.flatMap { text in alphabet.map { text + $0 } } }
        patterns = Array(Set(patterns.filter { $0.count <= 3 }))
        var texts = [""]
        for _ in 0..<6 {
            texts += texts.filter { $0.count < 6 }.flatMap { text in ["a", "b"].map { text + $0 } }
        }
        let matched = Dictionary(
            uniqueKeysWithValues: patterns.map { pattern in
                (pattern, Set(Set(texts).filter { Pattern(pattern).matches($0) }))
            })
        for one in patterns {
            for other in patterns {
                // Two patterns of three characters each have a common text of six, when they have one.
                let meet = !(matched[one] ?? []).isDisjoint(with: matched[other] ?? [])
                #expect(Pattern.overlap(one, other) == meet, "\(one) \(other)")
                if Pattern(one).covers(other) {
                    #expect((matched[other] ?? []).isSubset(of: matched[one] ?? []))
                }
            }
        }
    }

    // MARK: - What a connection must have

    private static let bound = PolicyRule(
        .allow, identities: ["*"], objects: ["vault"], methods: ["*"],
        requirement: PolicyRequirement(keyExchanges: ["X25519MLKEM768"]), line: 4, source: "policy.yaml")

    @Test("a requirement is met by its group, by no other and not by an unknown one")
    func requirement() throws {
        let table = try PolicyTable(rules: [Self.bound])
        let identity = try PeerIdentity("spiffe://td/a")
        func explain(_ group: String?) -> PolicyExplanation {
            table.explain(identity: identity, object: "vault", method: "open", keyExchange: group)
        }
        #expect(explain("X25519MLKEM768").isAllowed)
        for group in [nil, "X25519", "x25519mlkem768", "", "X25519MLKEM7688"] {
            let refused = explain(group)
            #expect(!refused.isAllowed && !refused.hasAnyRight && refused.rule == nil)
            #expect(refused.reason == "policy.yaml:4 allows it only over key exchange X25519MLKEM768")
        }
        // What was remembered for one connection does not count for another.
        #expect(explain("X25519MLKEM768").isAllowed && !explain("X25519").isAllowed)
    }

    @Test("a deny rule has no requirement, and there is a bound to different ones")
    func refusedRequirements() throws {
        let deny = PolicyRule(
            .deny, identities: ["*"], objects: ["*"], methods: ["*"],
            requirement: PolicyRequirement(keyExchanges: ["X25519"]), line: 2, source: "policy.yaml")
        let error = expectRefusal(.malformedPolicy) { () throws(TrustError) in try PolicyTable(rules: [deny])
        }
        #expect(error?.detail.hasPrefix("policy.yaml:2: 'require'") == true)
        for groups in [[], [""], [String(repeating: "x", count: 65)], Array(repeating: "x", count: 17)] {
            let rule = PolicyRule(
                .allow, identities: ["*"], objects: ["*"], methods: ["*"],
                requirement: PolicyRequirement(keyExchanges: groups))
            expectRefusal(.malformedPolicy) { () throws(TrustError) in try PolicyTable(rules: [rule]) }
        }
        let many = (0..<33).map { number in
            PolicyRule(
                .allow, identities: ["*"], objects: ["*"], methods: ["*"],
                requirement: PolicyRequirement(keyExchanges: ["G\(number)"]))
        }
        _ = try PolicyTable(rules: Array(many.prefix(32)))
        expectRefusal(.malformedPolicy) { () throws(TrustError) in try PolicyTable(rules: many) }
    }

    @Test("built-in rules go behind the others, quotas and tried rules stay")
    func adding() throws {
        let quota = QuotaRule(identities: ["*"], quota: Quota(concurrentCalls: 1))
        let next = try PolicyTable(rules: [])
        let table = try PolicyTable(rules: [Self.bound], quotas: [quota], next: next)
        let more = PolicyRule(.allow, identities: ["*"], objects: ["x"], methods: ["y"])
        let wider = try table.adding([more])
        #expect(wider.rules == [Self.bound, more] && wider.quotas == [quota])
        #expect(wider.next?.rules == [more])
        #expect(try table.trying(nil).next == nil)
    }
}
