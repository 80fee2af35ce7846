import Testing

@testable import LanternTrust

struct NameRightsTests {
    private static let ns = "Pyro.NameServer"
    private let peer: AuthenticatedPeer

    init() throws {
        let ends = try Ends()
        peer = try ends.accept(try ends.prove())
    }

    private func table(_ rules: PolicyRule...) throws -> PolicyTable { try PolicyTable(rules: rules) }

    private func rule(
        _ effect: PolicyRule.Effect, _ methods: [String] = ["register"], names: [String]? = nil
    ) -> PolicyRule {
        PolicyRule(effect, identities: ["spiffe://*"], objects: [Self.ns], methods: methods, names: names)
    }

    private func rights(_ table: PolicyTable, _ method: String = "register") throws -> NameRights {
        table.nameRights(peer: peer, object: Self.ns, method: method)
    }

    @Test("a rule without names is about all names")
    func plain() throws {
        let rights = try rights(table(rule(.allow)))
        #expect(rights.isEverything)
        #expect(rights.allow("anything"))
        #expect(!(try self.rights(table(rule(.allow)), "remove").allow("anything")))
        #expect(!(try self.rights(table(rule(.deny), rule(.allow))).allow("anything")))
    }

    @Test("an allow rule with names gives these and no others, and the method with them")
    func allowed() throws {
        let table = try table(rule(.allow, names: ["shop.*", "till"]))
        let rights = try rights(table)
        for name in ["shop.", "shop.a.b", "till"] { #expect(rights.allow(name)) }
        for name in ["shop", "tills", "", "Shop.a"] { #expect(!rights.allow(name)) }
        let request = AccessRequest(peer: peer, object: Self.ns, method: "register")
        guard case .permit = table.decide(request) else {
            Issue.record("the method itself is not allowed")
            return
        }
    }

    @Test("a deny rule with names takes these away, and leaves the method")
    func denied() throws {
        let table = try table(rule(.allow), rule(.deny, names: ["admin.*"]))
        let rights = try rights(table)
        #expect(!rights.isEverything)
        #expect(rights.allow("shop"))
        #expect(!rights.allow("admin.x"))
        let request = AccessRequest(peer: peer, object: Self.ns, method: "register")
        guard case .permit = table.decide(request) else {
            Issue.record("the method itself is denied")
            return
        }
    }

    @Test("where an object has to be named, a rule on all objects gives nothing, and still takes away")
    func explicit() throws {
        let everything = PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"])
        let named = PolicyRule(.allow, identities: ["*"], objects: ["X", Self.ns], methods: ["*"])
        let nothing = PolicyRule(.deny, identities: ["*"], objects: ["*"], methods: ["*"], names: ["a"])
        let rights = { (rules: PolicyRule...) in
            try PolicyTable(rules: rules).nameRights(
                peer: peer, object: Self.ns, method: "remove", isExplicit: true)
        }
        #expect(!(try rights(everything).allow("n")))
        #expect(try rights(everything, named).allow("n"))
        #expect(!(try rights(named, nothing).allow("a")))
    }

    @Test("an empty list and a blank pattern are refused")
    func mistakes() {
        #expect(throws: TrustError.self) { try table(rule(.allow, names: [])) }
        #expect(throws: TrustError.self) { try table(rule(.allow, names: [""])) }
        #expect(throws: TrustError.self) { try table(rule(.allow, names: ["a\u{7}"])) }
        let objects: [(PolicyRule.Effect, String, Bool)] = [
            (.allow, "example.warehouse", false), (.deny, "example.warehouse", false), (.allow, "*", false),
            (.deny, "*", true), (.allow, "Lantern.NameServer", true), (.allow, "Lantern.NameOwners", true),
        ]
        for (effect, object, isRight) in objects {
            let rule = PolicyRule(
                effect, identities: ["*"], objects: [object], methods: ["*"], names: ["a"])
            #expect(((try? table(rule)) != nil) == isRight, "\(effect) \(object)")
        }
    }
}
