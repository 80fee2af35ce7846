import Testing

@testable import LanternTrust

struct PolicyTableTests {
    private static let clients = "spiffe://lantern.test/client/*"
    /// Real proofs make the peer; there is no other way to get one.
    private let peer: AuthenticatedPeer

    init() throws {
        let ends = try Ends()
        peer = try ends.accept(try ends.prove())
    }

    private func isPermitted(_ table: PolicyTable, _ object: String, _ method: String) -> Bool {
        if case .permit = table.decide(AccessRequest(peer: peer, object: object, method: method)) {
            true
        } else {
            false
        }
    }

    private func denial(_ table: PolicyTable, _ object: String, _ method: String) -> Denial? {
        if case .denied(let denial) = table.decide(AccessRequest(peer: peer, object: object, method: method))
        {
            return denial
        }
        return nil
    }

    private static func table(_ rules: PolicyRule...) throws -> PolicyTable { try PolicyTable(rules: rules) }

    private static let warehouse: [PolicyRule] = [
        PolicyRule(
            .allow, identities: [clients], objects: ["example.*"], methods: ["list", "store", "get*"],
            line: 3, source: "policy.yaml"),
        PolicyRule(
            .deny, identities: ["*"], objects: ["example.vault"], methods: ["*"], line: 7,
            source: "policy.yaml"),
        PolicyRule(
            .deny, identities: ["*/client/one"], objects: ["*"], methods: ["getSecret"], line: 11,
            source: "policy.yaml"),
        PolicyRule(
            .allow, identities: ["spiffe://lantern.test/admin"], objects: ["*"], methods: ["*"], line: 15,
            source: "policy.yaml"),
    ]

    @Test("names that differ in their bytes are judged apart, also when String takes them for equal")
    func spellings() throws {
        // The Kelvin sign is a K, an accent of its own is one with its letter.
        for (name, other) in [("Keys", "\u{212A}eys"), ("caf\u{e9}", "cafe\u{301}")] {
            let table = try Self.table(
                PolicyRule(.allow, identities: [Self.clients], objects: ["*"], methods: ["list"]),
                PolicyRule(.deny, identities: [Self.clients], objects: [name], methods: ["*"]))
            #expect(isPermitted(table, other, "list"))
            #expect(!isPermitted(table, name, "list"))
            #expect(isPermitted(table, other, "list"))
        }
    }

    @Test(
        "deny first, then allow, else no",
        arguments: [
            ("example.warehouse", "list", true), ("example.warehouse", "getName", true),
            ("example.warehouse", "get", true),
            ("example.warehouse", "remove", false), ("example.warehouse", "getSecret", false),
            ("example.warehouse", "List", false), ("example.warehouse", "", false),
            ("example.vault", "list", false),
            ("other.warehouse", "list", false), ("Pyro.Daemon", "get_metadata", false), ("", "list", false),
        ])
    func decisions(object: String, method: String, expected: Bool) throws {
        let table = try PolicyTable(rules: Self.warehouse)
        // Worked out, then remembered.
        for _ in 0..<2 { #expect(isPermitted(table, object, method) == expected) }
    }

    @Test("an empty table permits nothing")
    func empty() throws {
        let table = try PolicyTable(rules: [])
        #expect(!isPermitted(table, "example.warehouse", "list"))
        #expect(!table.mayCallSomething(peer: peer, object: "example.warehouse"))
    }

    @Test("a permit says what was permitted and by which rule")
    func permit() throws {
        let table = try PolicyTable(rules: Self.warehouse)
        guard case .permit(let permit) = table.decide(.init(peer: peer, object: "example.a", method: "list"))
        else {
            Issue.record("denied")
            return
        }
        #expect((permit.object, permit.method, permit.rule.line) == ("example.a", "list", 3))
        #expect(permit.peer == peer)
    }

    @Test("a denial says why, and whether the peer may know of the object")
    func denials() throws {
        let table = try PolicyTable(rules: Self.warehouse)
        let vault = denial(table, "example.vault", "list")
        #expect(vault?.reason == "denied by policy.yaml:7")
        #expect(vault?.hasAnyRight == false)
        let secret = denial(table, "example.warehouse", "getSecret")
        #expect(secret?.reason == "denied by policy.yaml:11")
        #expect(secret?.hasAnyRight == true)
        let unknown = denial(table, "example.warehouse", "explode")
        #expect(unknown?.rule == nil)
        #expect(unknown?.hasAnyRight == true)
        #expect(denial(table, "other", "list")?.hasAnyRight == false)
    }

    @Test(
        "rights that a denial covers are none",
        arguments: [
            (["list"], ["list"], false), (["get*"], ["g*"], false), (["get*"], ["get*"], false),
            (["*"], ["*"], false),
            (["a", "b"], ["a", "b"], false), (["get*"], ["getName"], true), (["*"], ["a*"], true),
            (["a", "b"], ["b"], true), (["g*"], ["get*"], true),
        ])
    func coveredRights(allowed: [String], denied: [String], expected: Bool) throws {
        let table = try Self.table(
            PolicyRule(.allow, identities: ["*"], objects: ["o"], methods: allowed),
            PolicyRule(.deny, identities: ["*"], objects: ["o"], methods: denied))
        #expect(table.mayCallSomething(peer: peer, object: "o") == expected)
        // A blank is in no name, so no rule but a star for all reaches this one.
        if allowed != ["*"] { #expect(denial(table, "o", "no such method")?.hasAnyRight == expected) }
    }

    @Test("metadata lists what may be called, in its order, and nothing else")
    func visible() throws {
        let table = try PolicyTable(rules: Self.warehouse)
        let methods = ["store", "remove", "getSecret", "getName", "list"]
        #expect(
            table.visibleMethods(of: methods, object: "example.a", peer: peer) == [
                "store", "getName", "list",
            ])
        #expect(table.visibleMethods(of: methods, object: "example.vault", peer: peer).isEmpty)
        #expect(table.visibleMethods(of: methods, object: "other", peer: peer).isEmpty)
    }

    @Test("names beyond every limit are denied, whatever is allowed")
    func longNames() throws {
        let table = try Self.table(PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"]))
        let long = String(repeating: "x", count: 1025)
        #expect(isPermitted(table, String(long.dropLast()), String(long.dropLast())))
        #expect(!isPermitted(table, long, "m"))
        #expect(!isPermitted(table, "o", long))
        #expect(!table.mayCallSomething(peer: peer, object: long))
        #expect(table.visibleMethods(of: ["m", long], object: "o", peer: peer) == ["m"])
        #expect(table.visibleMethods(of: ["m"], object: long, peer: peer).isEmpty)
    }

    @Test("more objects than are remembered are decided as before")
    func manyObjects() throws {
        let table = try PolicyTable(rules: Self.warehouse)
        for index in 0..<(PolicyTable.rememberedStandings + 100) {
            #expect(isPermitted(table, "example.\(index)", "list"))
        }
        #expect(!isPermitted(table, "example.vault", "list"))
        #expect(isPermitted(table, "example.0", "list"))
    }

    @Test(
        "a rule that cannot be meant is refused with its file and line",
        arguments: [
            ([], ["o"], ["m"]), ([clients], [], ["m"]), ([clients], ["o"], []), ([""], ["o"], ["m"]),
            ([clients], [""], ["m"]), ([clients], ["o"], ["m", ""]), (["a b"], ["o"], ["m"]),
            ([clients], ["o\n"], ["m"]),
            ([clients], ["o"], ["\tm"]), ([clients], ["o"], [" "]),
            ([clients], ["o"], [String(repeating: "m", count: 2049)]),
            (["lantern.test/client"], ["o"], ["m"]), (["http://*"], ["o"], ["m"]),
            (["SPIFFE://*"], ["o"], ["m"]),
            (["spiffe://Lantern.test/client"], ["o"], ["m"]), (["spiffe://td/a/"], ["o"], ["m"]),
            (["dns:"], ["o"], ["m"]),
            (["dns:Host"], ["o"], ["m"]), (["client*"], ["o"], ["m"]),
        ] as [([String], [String], [String])])
    func refusedRules(identities: [String], objects: [String], methods: [String]) {
        for effect in [PolicyRule.Effect.allow, .deny] {
            let rule = PolicyRule(
                effect, identities: identities, objects: objects, methods: methods, line: 12,
                source: "policy.yaml")
            let error = expectRefusal(.malformedPolicy) { () throws(TrustError) in
                try PolicyTable(rules: [rule])
            }
            #expect(error?.detail.hasPrefix("policy.yaml:12: ") == true)
        }
    }

    @Test(
        "patterns that identities can match are taken",
        arguments: ["*", "s*", "spiffe://*/client", "dns:*", "dns:host", "d*", "*/x", clients])
    func acceptedIdentities(pattern: String) throws {
        _ = try Self.table(PolicyRule(.allow, identities: [pattern], objects: ["o"], methods: ["m"]))
    }
}
