import Lantern
import LanternTrust
import Testing

struct PolicyFileTests {
    private func error(_ text: String) -> String {
        do {
            _ = try PolicyFile.parse(text, path: "policy.yaml")
            return "no error"
        } catch let error as LanternError {
            return error.code == .configuration ? error.detail : "\(error)"
        } catch {
            return "another error: \(error)"
        }
    }

    @Test("rules are read with their lines; one text stands for a list of one")
    func read() throws {
        let table = try PolicyFile.parse(
            """
            version: 1
            rules:
              - allow: ["spiffe://lantern.test/client/*"]
                objects: example.warehouse
                methods: [list, store]
              - deny: "*"
                objects: ["*"]
                methods: ["remove*"]
            """, path: "policy.yaml")
        #expect(table.rules.map(\.effect) == [.allow, .deny])
        #expect(table.rules.map(\.line) == [3, 6])
        #expect(table.rules.map(\.objects) == [["example.warehouse"], ["*"]])
        #expect(table.rules.map(\.methods) == [["list", "store"], ["remove*"]])
        #expect(table.rules[0].place == "policy.yaml:3")
    }

    @Test("no rules is a policy: nobody may do anything")
    func empty() throws {
        #expect(try PolicyFile.parse("version: 1\nrules: []", path: "p").rules.isEmpty)
    }

    static let head = "version: 1\nrules:\n"
    static let wrong: [(text: String, line: Int, word: String)] = [
        ("rules: []", 1, "version"),
        ("version: 3\nrules: []", 1, "version"),
        ("version: one\nrules: []", 1, "version"),
        ("version: 1", 1, "rules"),
        ("version: 1\nrules: all", 2, "list"),
        ("version: 1\nrules: []\nruels: []", 3, "ruels"),
        ("- version: 1", 1, "mapping"),
        (head + "  - allow: [\"*\"]\n    methods: [a]", 3, "objects"),
        (head + "  - allow: [\"*\"]\n    objects: [a]", 3, "methods"),
        (head + "  - objects: [a]\n    methods: [a]", 3, "allow"),
        (head + "  - allow: [\"*\"]\n    deny: [\"*\"]\n    objects: [a]\n    methods: [a]", 3, "either"),
        (head + "  - allow: [\"*\"]\n    object: [a]\n    methods: [a]", 4, "object"),
        (head + "  - allow: []\n    objects: [a]\n    methods: [a]", 3, "empty"),
        (head + "  - allow: [\"*\"]\n    objects: [a]\n    methods: [\"\"]", 3, "empty"),
        (head + "  - allow: [\"*\"]\n    objects: [a b]\n    methods: [a]", 3, "blank"),
        (head + "  - allow: [\"*\"]\n    objects: [[a]]\n    methods: [a]", 4, "texts"),
        (head + "  - allow: {a: b}\n    objects: [a]\n    methods: [a]", 3, "text"),
        (head + "  - allow: [\"client\"]\n    objects: [a]\n    methods: [a]", 3, "identity"),
        (head + "  - allow: [\"spifee://x/*\"]\n    objects: [a]\n    methods: [a]", 3, "identity"),
        (head + "  - just text", 3, "mapping"),
    ]

    @Test("what is wrong is told with file and line", arguments: wrong)
    func mistakes(text: String, line: Int, word: String) {
        let error = error(text)
        #expect(error.hasPrefix("policy.yaml:\(line): "), "\(error)")
        #expect(error.contains(word), "\(error)")
    }

    @Test(
        "what is no YAML is told with the line too",
        arguments: ["version: 1\nrules: [", "version: 1\n\trules: []", "version: 1\nversion: 1\nrules: []"])
    func noYAML(text: String) {
        let error = error(text)
        #expect(error.hasPrefix("policy.yaml"), "\(error)")
        #expect(error.contains { $0.isNumber }, "\(error)")
    }

    @Test("an empty file is told as such", arguments: ["", "# nothing\n"])
    func emptyFile(text: String) {
        #expect(error(text).contains("empty"))
    }

    @Test("a missing file says how to get one")
    func missing() {
        let error = #expect(throws: LanternError.self) { try PolicyFile.read("/nowhere/policy.yaml") }
        #expect(error?.code == .configuration)
        #expect(error?.detail.contains("/nowhere/policy.yaml") == true)
    }
}
