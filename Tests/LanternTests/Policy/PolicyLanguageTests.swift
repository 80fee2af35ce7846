import LanternTrust
import Testing

@testable import Lantern

/// Version 2 of the policy file: groups, roles, requirements, audit levels, quotas.
struct PolicyLanguageTests {
    static let text = """
        version: 2
        groups:
          clients: ["spiffe://td/client/*"]
          staff: ["group:clients", "spiffe://td/admin"]
          spare: ["dns:host"]
        roles:
          reader:
            - objects: ["o*"]
              methods: ["get*", "list"]
          keeper:
            - roles: reader
            - objects: ["vault"]
              methods: ["store"]
              audit: all
          spare:
            - roles: [keeper]
        rules:
          - allow: ["group:clients"]
            roles: reader
          - allow: "group:staff"
            roles: [keeper]
            require: {key-exchange: [X25519MLKEM768]}
          - deny: ["spiffe://td/client/guest"]
            objects: ["*"]
            methods: ["*"]
            audit: names
        quotas:
          - for: ["group:clients"]
            calls-per-second: 10
            burst-calls: 20
            concurrent-calls: 4
          - for: ["*"]
            bytes-per-second: 1000
        """

    @Test("groups and roles are put into the rules, with their lines")
    func expanded() throws {
        let reading = PolicyFile.examine(Self.text, path: "p")
        let document = try #require(reading.document)
        let rules = document.rules
        #expect(rules.map(\.line) == [18, 20, 20, 23])
        #expect(rules[0].identities == ["spiffe://td/client/*"])
        #expect(rules[1].identities == ["spiffe://td/client/*", "spiffe://td/admin"])
        #expect(rules.map(\.objects) == [["o*"], ["o*"], ["vault"], ["*"]])
        #expect(rules.map(\.audit) == [.object, .object, .all, .names])
        #expect(rules.map(\.requirement?.keyExchanges) == [nil, ["X25519MLKEM768"], ["X25519MLKEM768"], nil])
        #expect(rules[0].role?.hasPrefix("reader (line ") == true)
        #expect(rules[3].role == nil)
        #expect(document.groups.map(\.isUsed) == [true, true, false])
        #expect(document.roles.map(\.isUsed) == [true, true, false])
        let quotas = try reading.table().quotas
        #expect(quotas.map(\.quota.concurrentCalls) == [4, nil])
        #expect(quotas[0].quota.calls == .init(perSecond: 10, burst: 20))
        #expect(quotas[1].quota.bytes == .init(perSecond: 1000, burst: 1000))
        #expect(quotas.map(\.line) == [28, 32])
    }

    private func problems(_ text: String) -> [PolicyProblem] {
        PolicyFile.examine(text, path: "policy.yaml").problems
    }

    static let head = "version: 2\nrules: []\n"
    static let mistakes: [(text: String, line: Int, words: String)] = [
        ("version: 1\nrules: []\ngroups: {a: [\"*\"]}", 3, "needs 'version: 2'"),
        ("version: 1\nrules: []\nquotas: []", 3, "needs 'version: 2'"),
        ("version: 1\nrules:\n  - allow: [\"*\"]\n    roles: [a]", 3, "needs 'version: 2'"),
        (head + "groups: [a]", 3, "mapping"), (head + "groups: {\"a b\": [\"*\"]}", 3, "letters"),
        (head + "groups: {a: []}", 3, "empty"), (head + "groups: {a: [client]}", 3, "identity"),
        (head + "groups: {a: [\"group:b\"]}", 3, "no group 'b'"),
        (head + "groups: {a: [\"group:a\"]}", 3, "holds itself"),
        (head + "groups:\n  a: [\"group:b\"]\n  b: [\"group:a\"]", 4, "holds itself"),
        (head + "roles: {a: []}", 3, "at least one entry"),
        (head + "roles: {a: [{objects: [o]}]}", 3, "methods"),
        (head + "roles: {a: [{roles: [a]}]}", 3, "holds itself"),
        (head + "roles: {a: [{roles: [b]}]}", 3, "no role 'b'"),
        (head + "roles: {a: [{objects: [o], methods: [m], roles: [a]}]}", 3, "either"),
        (
            "version: 2\nrules:\n  - allow: [\"group:x\"]\n    objects: [o]\n    methods: [m]", 3,
            "no group 'x'"
        ),
        ("version: 2\nrules:\n  - allow: [\"*\"]\n    roles: [x]", 4, "no role 'x'"),
        ("version: 2\nrules:\n  - allow: [\"*\"]\n    roles: []", 4, "empty"),
        ("version: 2\nrules:\n  - allow: [\"*\"]\n    roles: [x]\n    objects: [o]", 3, "either"),
        (
            "version: 2\nrules:\n  - allow: [\"*\"]\n    objects: [o]\n    methods: [m]\n    audit: never", 6,
            "audit is one of"
        ),
        (
            "version: 2\nrules:\n  - deny: [\"*\"]\n    objects: [o]\n    methods: [m]\n    require: {key-exchange: X}",
            3,
            "for allow rules"
        ),
        (
            "version: 2\nrules:\n  - allow: [\"*\"]\n    objects: [o]\n    methods: [m]\n    require: {}", 6,
            "key-exchange"
        ),
        (head + "quotas: [{calls-per-second: 1}]", 3, "'for'"),
        (head + "quotas: [{for: [\"*\"]}]", 3, "nothing"),
        (head + "quotas: [{for: [\"*\"], calls-per-second: 0}]", 3, "number from"),
        (head + "quotas: [{for: [\"*\"], burst-calls: 3}]", 3, "counts only with"),
        (head + "quotas: [{for: [\"*\"], concurrent-calls: 0}]", 3, "whole number"),
        (head + "quotas: [{for: [\"*\"], calls-per-minute: 3}]", 3, "unknown name"),
        (head + "quotas: {}", 3, "list"),
    ]

    @Test("what is wrong is told with its line and what to do", arguments: mistakes)
    func mistake(text: String, line: Int, words: String) {
        let problems = problems(text)
        #expect(problems.first?.line == line, "\(problems)")
        #expect(problems.first?.text.contains(words) == true, "\(problems)")
    }

    @Test("every mistake is found in one reading, in the order of the file")
    func all() {
        let text = """
            version: 2
            groups: {a: [nobody]}
            rules:
              - allow: ["*"]
                objects: []
                methods: [m]
              - allow: ["*"]
                objects: [o]
                methods: [m]
              - deny: [x]
                objects: [o]
                methods: [m]
            quotas:
              - for: ["*"]
            """
        #expect(problems(text).map(\.line) == [2, 4, 10, 14])
        let error = #expect(throws: LanternError.self) { try PolicyFile.parse(text, path: "policy.yaml") }
        #expect(error?.detail.split(separator: "\n").count == 4)
        #expect(error?.detail.hasPrefix("policy.yaml:2: ") == true)
    }

    @Test("no more than a hundred mistakes are told, and a net of groups ends", .timeLimit(.minutes(1)))
    func bounded() {
        let wrong = (0..<500).map { "  - allow: [x\($0)]\n    objects: [o]\n    methods: [m]\n" }.joined()
        #expect(problems("version: 2\nrules:\n" + wrong).count == 100)
        // Each group names the next one ten times.
        let groups = (0..<20).map { number in
            "  g\(number): ["
                + Array(repeating: "\"group:g\(number + 1)\"", count: 10).joined(separator: ", ") + "]\n"
        }.joined()
        #expect(!problems(Self.head + "groups:\n" + groups + "  g20: [\"*\"]\n").isEmpty)
    }

    // MARK: - Expectations

    private static let expectations = """
        version: 1
        expect:
          - allow: ["spiffe://td/client/one"]
            objects: ["o1"]
            methods: ["get", "list"]
            rule: 18
          - deny: ["spiffe://td/client/guest"]
            objects: ["o1"]
            methods: ["get"]
          - allow: ["spiffe://td/admin"]
            objects: ["vault"]
            methods: ["store"]
            key-exchange: X25519MLKEM768
          - deny: ["spiffe://td/admin"]
            objects: ["vault"]
            methods: ["store"]
          - allow: ["dns:anybody"]
            objects: ["Pyro.Daemon"]
            methods: ["ping"]
        """

    @Test("expectations that hold are held, by the rules that a daemon judges by")
    func expectationsHold() throws {
        let table = try PolicyFile.parse(Self.text, path: "p").asServed()
        let expected = try PolicyExpectations(Self.expectations, path: "e")
        #expect(expected.expectations.count == 6)
        #expect(expected.failures(of: table).isEmpty)
    }

    @Test("one that does not hold is named with the reason")
    func expectationsFail() throws {
        let table = try PolicyFile.parse(Self.text, path: "p").asServed()
        let text = """
            version: 1
            expect:
              - allow: ["spiffe://td/client/guest"]
                objects: ["o1"]
                methods: ["get"]
              - deny: ["spiffe://td/client/one"]
                objects: ["o1"]
                methods: ["get", "set"]
              - allow: ["spiffe://td/client/one"]
                objects: ["o1"]
                methods: ["list"]
                rule: 19
            """
        let failures = try PolicyExpectations(text, path: "e").failures(of: table)
        #expect(failures.map(\.expectation.line) == [3, 6, 9])
        #expect(failures[0].reason == "denied by p:23")
        #expect(failures[1].reason == "allowed by p:18")
        #expect(failures[2].reason.contains("not by the rule in line 19"))
    }

    @Test(
        "expectations that are none are refused with their line",
        arguments: [
            ("expect: []", 1, "version"), ("version: 1", 1, "expect"),
            ("version: 1\nexpect: []", 2, "at least one"),
            ("version: 1\nexpect:\n  - objects: [o]", 3, "either"),
            (
                "version: 1\nexpect:\n  - allow: [\"spiffe://td/*\"]\n    objects: [o]\n    methods: [m]", 3,
                "not patterns"
            ),
            ("version: 1\nexpect:\n  - allow: [x]\n    objects: [o]\n    methods: [m]", 3, "identity"),
            ("version: 1\nexpect:\n  - allow: [\"dns:x\"]\n    objects: []\n    methods: [m]", 4, "empty"),
        ])
    func noExpectations(text: String, line: Int, words: String) {
        let error = #expect(throws: LanternError.self) { try PolicyExpectations(text, path: "e") }
        #expect(error?.detail.hasPrefix("e:\(line): ") == true, "\(String(describing: error))")
        #expect(error?.detail.contains(words) == true, "\(String(describing: error))")
    }

    @Test("setting an attribute is judged by both of its names")
    func attribute() throws {
        let table = try PolicyTable(rules: [
            PolicyRule(.allow, identities: ["*"], objects: ["o"], methods: ["limit="])
        ])
        let verdict = PolicyVerdict(
            table, identity: try PeerIdentity("dns:x"), object: "o", method: "limit=", keyExchange: nil)
        #expect(!verdict.isAllowed && verdict.deciding.reason == "no rule allows it")
    }

    @Test("a suggestion is a policy file that reads as it was meant")
    func suggestion() throws {
        let suggestion = AllowlistSuggestion([
            .init(identity: "spiffe://td/a", object: "o\"\\\u{E9}", method: "get"),
            .init(identity: "dns:host", object: "o", method: "x="),
            .init(identity: "x", object: "o\n", method: "*"),
        ])
        let text = try PolicyText.policy(suggestion, entries: 3)
        #expect(text.contains("# left out"))
        #expect(try PolicyFile.parse(text, path: "p").rules.count == 2)
        #expect(
            try PolicyFile.parse(PolicyText.policy(AllowlistSuggestion([]), entries: 0), path: "p").rules
                .isEmpty)
    }

    @Test("days")
    func days() {
        #expect(PolicyText.milliseconds(ofDay: "1970-01-02") == 86_400_000)
        #expect(PolicyText.milliseconds(ofDay: "2026-11-23") == 1_795_392_000_000)
        for text in ["2026-02-30", "2026-13-01", "26-11-23", "2026-11-23x", "", "2026/11/23", "2026-11-00"] {
            #expect(PolicyText.milliseconds(ofDay: text) == nil, "\(text)")
        }
    }
}
