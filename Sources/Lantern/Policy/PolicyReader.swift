import LanternTrust
import Yams

/// Reads one policy file to its end, whatever is wrong on the way.
struct PolicyReader {
    /// More mistakes than these are not told.
    static let maximumProblems = 100
    static let maximumDefinitions = 1_000

    let path: String
    private var problems: [PolicyProblem] = []
    private var groups = PolicyDefinitions(kind: "group")
    private var roles = PolicyDefinitions(kind: "role")

    init(path: String) { self.path = path }

    mutating func read(_ text: String) -> PolicyReading {
        do {
            let document = try YAMLDocument(text, path: path)
            let policy = try read(document)
            guard problems.isEmpty, let policy else { return PolicyReading(problems: problems) }
            let table = try PolicyTable(rules: policy.rules, quotas: policy.quotas)
            return PolicyReading(policy, table: table)
        } catch {
            note(error)
            return PolicyReading(problems: problems)
        }
    }

    // MARK: - The file

    private mutating func read(_ document: YAMLDocument) throws -> PolicyDocument? {
        let first = try document.members(
            of: document.root, allowed: ["version", "groups", "roles", "rules", "quotas"], what: "the policy")
        guard let node = first["version"], let version = node.int, (1...2).contains(version) else {
            throw document.error(first["version"] ?? document.root, "'version: 1' or 'version: 2' is missing")
        }
        if version == 1 {
            for name in ["groups", "roles", "quotas"] {
                if let node = first[name] { note(document.error(node, "'\(name)' needs 'version: 2'")) }
            }
        }
        guard let rules = first["rules"] else { throw document.error(document.root, "'rules' is missing") }
        if let node = first["groups"] { define(node, document, \.groups) }
        if let node = first["roles"] { define(node, document, \.roles) }
        let read = list(rules, document, what: "rules") { reader, node in
            try reader.rule(node, document, version: version)
        }.flatMap(\.self)
        var quotas: [QuotaRule] = []
        if let node = first["quotas"] {
            quotas = list(node, document, what: "quotas") { try $0.quota($1, document) }
        }
        checkUnused(document)
        return PolicyDocument(
            version: version, source: path, groups: groups.described(document),
            roles: roles.described(document), rules: read, quotas: quotas)
    }

    /// Definitions that nothing uses are read too: a mistake in them waits for whoever uses them.
    private mutating func checkUnused(_ document: YAMLDocument) {
        for name in groups.unread {
            attempt { _ = try $0.members(ofGroup: name, document) }
        }
        for name in roles.unread {
            attempt { _ = try $0.grants(ofRole: name, document) }
        }
    }

    private mutating func define(
        _ node: Node, _ document: YAMLDocument, _ kind: WritableKeyPath<PolicyReader, PolicyDefinitions>
    ) {
        attempt { try $0[keyPath: kind].define(node, document) }
    }

    private mutating func list<T>(
        _ node: Node, _ document: YAMLDocument, what: String,
        _ read: (inout PolicyReader, Node) throws -> T
    ) -> [T] {
        guard let list = node.sequence else {
            note(document.error(node, "'\(what)' must be a list"))
            return []
        }
        var found: [T] = []
        for entry in list where problems.count < Self.maximumProblems {
            attempt { found.append(try read(&$0, entry)) }
        }
        return found
    }

    // MARK: - Rules

    private mutating func rule(
        _ node: Node, _ document: YAMLDocument, version: Int
    ) throws -> [PolicyRule] {
        var allowed: Set<String> = ["allow", "deny", "objects", "methods", "names"]
        if version > 1 { allowed.formUnion(["roles", "audit", "require"]) }
        if version == 1, let mapping = node.mapping {
            for name in ["roles", "audit", "require"] where mapping[name] != nil {
                throw document.error(node, "'\(name)' needs 'version: 2'")
            }
        }
        let members = try document.members(of: node, allowed: allowed, what: "a rule")
        let (effect, who) = try effect(of: members, node, document)
        let identities = try identities(who, document, what: effect.rawValue)
        let audit = try members["audit"].map { try auditLevel($0, document) }
        let requirement = try members["require"].map { try self.requirement($0, document) }
        let names = try members["names"].map { try document.texts($0, what: "names") }
        let line = document.line(of: node)
        return try grants(of: members, node, document).map { grant in
            let rule = PolicyRule(
                effect, identities: identities, objects: grant.objects, methods: grant.methods, names: names,
                audit: audit ?? grant.audit, requirement: requirement, role: grant.role, line: line,
                source: path)
            try PolicyTable.validate(rule)
            return rule
        }
    }

    private func effect(
        of members: [String: Node], _ node: Node, _ document: YAMLDocument
    ) throws -> (PolicyRule.Effect, Node) {
        switch (members["allow"], members["deny"]) {
        case (let node?, nil): return (.allow, node)
        case (nil, let node?): return (.deny, node)
        case (nil, nil): throw document.error(node, "a rule needs 'allow' or 'deny' with identities")
        case (_?, _?): throw document.error(node, "a rule has either 'allow' or 'deny'; write two rules")
        }
    }

    private mutating func grants(
        of members: [String: Node], _ node: Node, _ document: YAMLDocument
    ) throws -> [PolicyGrant] {
        if let named = members["roles"] {
            guard members["objects"] == nil, members["methods"] == nil else {
                throw document.error(
                    node, "a rule has either 'roles' or 'objects' and 'methods'; write two rules")
            }
            let names = try document.texts(named, what: "roles")
            guard !names.isEmpty else { throw document.error(named, "'roles' is empty") }
            return try names.flatMap { name in
                guard roles.isDefined(name) else {
                    throw document.error(named, roles.unknown(name))
                }
                return try grants(ofRole: name, document)
            }
        }
        guard let objects = members["objects"] else {
            throw document.error(node, "the rule names no 'objects'")
        }
        guard let methods = members["methods"] else {
            throw document.error(node, "the rule names no 'methods'")
        }
        return [
            PolicyGrant(
                objects: try document.texts(objects, what: "objects"),
                methods: try document.texts(methods, what: "methods"), audit: .object, role: nil)
        ]
    }

    private mutating func grants(ofRole name: String, _ document: YAMLDocument) throws -> [PolicyGrant] {
        let node = try roles.open(name, document)
        defer { roles.close(name) }
        guard let entries = node.sequence, !entries.isEmpty else {
            throw document.error(node, "the role '\(name.prefix(64))' must be a list with at least one entry")
        }
        let label = "\(name) (line \(document.line(of: node)))"
        return try entries.flatMap { entry -> [PolicyGrant] in
            let members = try document.members(
                of: entry, allowed: ["objects", "methods", "roles", "audit"], what: "an entry of a role")
            let audit = try members["audit"].map { try auditLevel($0, document) }
            return try grants(of: members, entry, document).map { grant in
                var grant = grant
                if let audit { grant.audit = audit }
                grant.role = label
                return grant
            }
        }
    }

    private func auditLevel(_ node: Node, _ document: YAMLDocument) throws -> AuditLevel {
        guard let level = AuditLevel(rawValue: try document.text(node, what: "audit")) else {
            let known = AuditLevel.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw document.error(node, "audit is one of \(known)")
        }
        return level
    }

    private func requirement(_ node: Node, _ document: YAMLDocument) throws -> PolicyRequirement {
        let members = try document.members(of: node, allowed: ["key-exchange"], what: "require")
        guard let groups = members["key-exchange"] else {
            throw document.error(node, "'require' names no 'key-exchange'")
        }
        return PolicyRequirement(keyExchanges: try document.texts(groups, what: "key-exchange"))
    }

    // MARK: - Identities

    static let groupPrefix = "group:"

    private mutating func identities(
        _ node: Node, _ document: YAMLDocument, what: String
    ) throws -> [String] {
        var found: [String] = []
        for text in try document.texts(node, what: what) {
            guard text.hasPrefix(Self.groupPrefix) else {
                found.append(text)
                continue
            }
            let name = String(text.dropFirst(Self.groupPrefix.count))
            guard groups.isDefined(name) else { throw document.error(node, groups.unknown(name)) }
            found += try members(ofGroup: name, document)
            guard found.count <= 1_000_000 else {
                throw document.error(node, "'\(what)' has far too many patterns")
            }
        }
        return found
    }

    private mutating func members(ofGroup name: String, _ document: YAMLDocument) throws -> [String] {
        let node = try groups.open(name, document)
        defer { groups.close(name) }
        let found = try identities(node, document, what: "the group '\(name.prefix(64))'")
        let asRule = PolicyRule(
            .allow, identities: found, objects: ["*"], methods: ["*"], line: document.line(of: node),
            source: path)
        try PolicyTable.validate(asRule)
        return found
    }

    // MARK: - Quotas

    private mutating func quota(_ node: Node, _ document: YAMLDocument) throws -> QuotaRule {
        let members = try document.members(
            of: node,
            allowed: [
                "for", "calls-per-second", "burst-calls", "bytes-per-second", "burst-bytes",
                "concurrent-calls",
            ],
            what: "a quota")
        guard let who = members["for"] else {
            throw document.error(node, "a quota needs 'for' with identities")
        }
        func rate(_ kind: String) throws -> Quota.Rate? {
            let range = 0.001...1e12
            let burst = try members["burst-\(kind)"].map {
                try document.number($0, what: "burst-\(kind)", in: 1...1e12)
            }
            guard let node = members["\(kind)-per-second"] else {
                guard let stray = members["burst-\(kind)"] else { return nil }
                throw document.error(stray, "'burst-\(kind)' counts only with '\(kind)-per-second'")
            }
            return Quota.Rate(
                perSecond: try document.number(node, what: "\(kind)-per-second", in: range), burst: burst)
        }
        let quota = Quota(
            calls: try rate("calls"), bytes: try rate("bytes"),
            concurrentCalls: try members["concurrent-calls"].map {
                try document.integer($0, what: "concurrent-calls", in: 1...1_000_000)
            })
        let rule = QuotaRule(
            identities: try identities(who, document, what: "for"), quota: quota,
            line: document.line(of: node), source: path)
        try PolicyTable.validate(rule)
        return rule
    }

    // MARK: - Problems

    private mutating func attempt(_ body: (inout PolicyReader) throws -> Void) {
        do { try body(&self) } catch { note(error) }
    }

    private mutating func note(_ error: any Error) {
        let detail =
            switch error {
            case let error as LanternError: error.detail
            case let error as TrustError: error.detail
            default: "\(error)"
            }
        var line = 0
        var text = Substring(detail)
        if text.hasPrefix("\(path):") {
            text = text.dropFirst(path.count + 1)
            let digits = text.prefix { $0.isWholeNumber }
            if let number = Int(digits), text.dropFirst(digits.count).hasPrefix(":") {
                line = number
                text = text.dropFirst(digits.count + 1)
            }
            text = text.drop { $0 == " " }
        }
        let problem = PolicyProblem(file: path, line: line, text: String(text))
        if problems.count < Self.maximumProblems, !problems.contains(problem) { problems.append(problem) }
    }
}

/// Objects and methods that a rule or a role gives.
struct PolicyGrant {
    var objects: [String]
    var methods: [String]
    var audit: AuditLevel
    var role: String?
}
