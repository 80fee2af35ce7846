import Testing

@testable import LanternTrust

struct AllowlistSuggestionTests {
    private func calls(_ identities: [String], _ objects: [String], _ methods: [String])
        -> [AllowlistSuggestion.Call]
    {
        identities.flatMap { identity in
            objects.flatMap { object in
                methods.map { .init(identity: "spiffe://td/\(identity)", object: object, method: $0) }
            }
        }
    }

    @Test("calls that make a block become one rule")
    func block() {
        let suggestion = AllowlistSuggestion(calls(["a", "b"], ["o", "p"], ["get", "set"]))
        #expect(suggestion.rules.count == 1)
        #expect(suggestion.rules.first?.identities == ["spiffe://td/a", "spiffe://td/b"])
        #expect(suggestion.rules.first?.objects == ["o", "p"])
        #expect(suggestion.rules.first?.methods == ["get", "set"])
        #expect(suggestion.leftOut.isEmpty)
    }

    @Test("two blocks become two rules, also where they share names")
    func blocks() {
        let suggestion = AllowlistSuggestion(
            calls(["a", "b"], ["o"], ["get"]) + calls(["b"], ["o"], ["set"]))
        #expect(suggestion.rules.count == 2)
    }

    @Test("nothing seen allows nothing")
    func nothing() { #expect(AllowlistSuggestion([]).rules.isEmpty) }

    @Test("what a pattern cannot say exactly is left out, with the reason")
    func leftOut() {
        let odd: [AllowlistSuggestion.Call] = [
            .init(identity: "spiffe://td/a", object: "o*", method: "get"),
            .init(identity: "spiffe://td/a", object: "o", method: "get it"),
            .init(identity: "spiffe://td/a", object: "", method: "get"),
            .init(identity: "somebody", object: "o", method: "get"),
            .init(identity: "spiffe://td/a", object: "x…sha256:00", method: "get"),
        ]
        let suggestion = AllowlistSuggestion(odd + calls(["a"], ["o"], ["get"]))
        #expect(suggestion.rules.count == 1)
        #expect(suggestion.leftOut.count == 5)
        #expect(suggestion.leftOut.allSatisfy { !$0.reason.isEmpty })
    }

    @Test("it allows exactly what was seen", arguments: 0..<40)
    func exact(seed: UInt64) throws {
        var numbers = CompiledPolicyTests.Numbers(state: seed)
        let all = calls(["a", "b", "c"], ["o", "p", "q"], ["get", "set", "list", "x="])
        let seen = all.filter { _ in Int.random(in: 0...2, using: &numbers) > 0 }
        let suggestion = AllowlistSuggestion(seen)
        let table = try PolicyTable(rules: suggestion.rules)
        for call in all {
            let found = table.explain(
                identity: try PeerIdentity(call.identity), object: call.object, method: call.method)
            #expect(found.isAllowed == seen.contains(call))
        }
        #expect(suggestion.rules.count <= max(1, seen.count))
        #expect(suggestion.rules == AllowlistSuggestion(seen.reversed()).rules)
    }

    @Test("a rule holds no more patterns than a policy may have")
    func bounded() throws {
        let many = (0..<2_500).map {
            AllowlistSuggestion.Call(identity: "spiffe://td/a", object: "o", method: "m\($0)")
        }
        let suggestion = AllowlistSuggestion(many)
        #expect(suggestion.rules.count == 3)
        _ = try PolicyTable(rules: suggestion.rules)
    }
}
