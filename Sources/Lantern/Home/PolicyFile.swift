public import LanternTrust
import Yams

/// Reads `policy.yaml`: who may call what.
///
/// ```yaml
/// version: 1
/// rules:
///   - allow: ["spiffe://lantern.test/client/*"]
///     objects: ["example.warehouse"]
///     methods: ["list", "store"]
/// ```
public enum PolicyFile {
    /// - Throws: ``LanternError/Code/configuration`` as `file:line: what is wrong`, also when there is no file: a
    ///   daemon without a policy would answer nobody.
    public static func read(_ path: String) throws -> PolicyTable {
        guard let text = try TextFile.read(path) else {
            throw LanternError(
                .configuration, "\(path): there is no policy file; `lantern init` writes a first one")
        }
        return try parse(text, path: path)
    }

    /// The same from a text; `path` stands in errors.
    public static func parse(_ text: String, path: String) throws -> PolicyTable {
        let document = try YAMLDocument(text, path: path)
        let members = try document.members(
            of: document.root, allowed: ["version", "rules"], what: "the policy")
        guard let version = members["version"], version.int == 1 else {
            throw document.error(members["version"] ?? document.root, "'version: 1' is missing")
        }
        guard let rules = members["rules"] else { throw document.error(document.root, "'rules' is missing") }
        guard let list = rules.sequence else { throw document.error(rules, "'rules' must be a list") }
        do {
            return try PolicyTable(rules: try list.map { try rule($0, document) })
        } catch let error as TrustError {
            throw LanternError(.configuration, error.detail, cause: error)
        }
    }

    private static func rule(_ node: Node, _ document: YAMLDocument) throws -> PolicyRule {
        let members = try document.members(
            of: node, allowed: ["allow", "deny", "objects", "methods", "names"], what: "a rule")
        let effect: PolicyRule.Effect
        let identities: Node
        switch (members["allow"], members["deny"]) {
        case (let node?, nil): (effect, identities) = (.allow, node)
        case (nil, let node?): (effect, identities) = (.deny, node)
        case (nil, nil): throw document.error(node, "a rule needs 'allow' or 'deny' with identities")
        case (_?, _?): throw document.error(node, "a rule has either 'allow' or 'deny'; write two rules")
        }
        guard let objects = members["objects"] else {
            throw document.error(node, "the rule names no 'objects'")
        }
        guard let methods = members["methods"] else {
            throw document.error(node, "the rule names no 'methods'")
        }
        return PolicyRule(
            effect, identities: try document.texts(identities, what: effect.rawValue),
            objects: try document.texts(objects, what: "objects"),
            methods: try document.texts(methods, what: "methods"),
            names: try members["names"].map { try document.texts($0, what: "names") },
            line: document.line(of: node), source: document.path)
    }
}
