package import LanternTrust
import Yams

/// A file of what a policy must allow and refuse, for `lantern policy test`.
///
/// ```yaml
/// version: 1
/// expect:
///   - allow: ["spiffe://example.org/client/one"]
///     objects: ["example.warehouse"]
///     methods: ["list", "store"]
///     key-exchange: X25519MLKEM768      # may be left out
///     rule: 12                          # the line of the rule that decides; may be left out
/// ```
///
/// Names are exact: each combination of the three lists is one expectation.
package struct PolicyExpectations: Sendable {
    /// One call and what the policy must say.
    package struct Expectation: Sendable, Hashable {
        package let identity: PeerIdentity
        package let object: String
        package let method: String
        package let isAllowed: Bool
        package let keyExchange: String?
        /// The line of the rule that must decide.
        package let rule: Int?
        package let line: Int
    }

    static let maximum = 1_000_000

    package let path: String
    package let expectations: [Expectation]

    /// - Throws: ``LanternError/Code/configuration`` as `file:line: what is wrong`.
    package init(_ text: String, path: String) throws {
        self.path = path
        let document = try YAMLDocument(text, path: path)
        let members = try document.members(
            of: document.root, allowed: ["version", "expect"], what: "the expectations")
        guard let version = members["version"], version.int == 1 else {
            throw document.error(members["version"] ?? document.root, "'version: 1' is missing")
        }
        guard let node = members["expect"] else { throw document.error(document.root, "'expect' is missing") }
        guard let list = node.sequence, !list.isEmpty else {
            throw document.error(node, "'expect' must be a list with at least one entry")
        }
        var found: [Expectation] = []
        for entry in list {
            found += try Self.read(entry, document)
            guard found.count <= Self.maximum else {
                throw document.error(entry, "more than \(Self.maximum) expectations")
            }
        }
        expectations = found
    }

    private static func read(_ node: Node, _ document: YAMLDocument) throws -> [Expectation] {
        let members = try document.members(
            of: node, allowed: ["allow", "deny", "objects", "methods", "key-exchange", "rule"],
            what: "an expectation")
        let (isAllowed, who): (Bool, Node)
        switch (members["allow"], members["deny"]) {
        case (let node?, nil): (isAllowed, who) = (true, node)
        case (nil, let node?): (isAllowed, who) = (false, node)
        default: throw document.error(node, "an expectation has either 'allow' or 'deny'")
        }
        guard let objects = members["objects"] else { throw document.error(node, "'objects' is missing") }
        guard let methods = members["methods"] else { throw document.error(node, "'methods' is missing") }
        let names = (
            try exact(who, document, what: isAllowed ? "allow" : "deny"),
            try exact(objects, document, what: "objects"), try exact(methods, document, what: "methods")
        )
        let identities = try names.0.map { text in
            do throws(TrustError) { return try PeerIdentity(text) } catch {
                throw document.error(who, "'\(text.prefix(64))' is not an identity: \(error.detail)")
            }
        }
        let keyExchange = try members["key-exchange"].map { try document.text($0, what: "key-exchange") }
        let rule = try members["rule"].map { try document.integer($0, what: "rule", in: 1...10_000_000) }
        guard identities.count * names.1.count * names.2.count <= maximum else {
            throw document.error(node, "more than \(maximum) expectations")
        }
        return identities.flatMap { identity in
            names.1.flatMap { object in
                names.2.map { method in
                    Expectation(
                        identity: identity, object: object, method: method, isAllowed: isAllowed,
                        keyExchange: keyExchange, rule: rule, line: document.line(of: node))
                }
            }
        }
    }

    /// Texts that stand for themselves.
    private static func exact(_ node: Node, _ document: YAMLDocument, what: String) throws -> [String] {
        let texts = try document.texts(node, what: what)
        guard !texts.isEmpty else { throw document.error(node, "'\(what)' is empty") }
        if let pattern = texts.first(where: { $0.contains("*") }) {
            throw document.error(node, "'\(pattern.prefix(64))': expectations name exact calls, not patterns")
        }
        return texts
    }

    /// A policy that does not say what was expected.
    package struct Failure: Sendable, Hashable {
        package let expectation: Expectation
        /// Why the policy says otherwise.
        package let reason: String
    }

    /// - Parameter table: with the built-in rules.
    package func failures(of table: PolicyTable) -> [Failure] {
        expectations.compactMap { wanted in
            let found = PolicyVerdict(
                table, identity: wanted.identity, object: wanted.object, method: wanted.method,
                keyExchange: wanted.keyExchange
            ).deciding
            if found.isAllowed != wanted.isAllowed {
                return Failure(expectation: wanted, reason: found.reason)
            }
            if let line = wanted.rule, found.rule?.line != line {
                return Failure(
                    expectation: wanted, reason: "\(found.reason), not by the rule in line \(line)")
            }
            return nil
        }
    }
}

/// What a policy says about one call as a daemon judges it: setting an attribute needs two names.
package struct PolicyVerdict: Sendable {
    /// In the order in which they are asked; the first refusal decides.
    package let explanations: [PolicyExplanation]

    package init(
        _ table: PolicyTable, identity: PeerIdentity, object: String, method: String, keyExchange: String?
    ) {
        let names = method.hasSuffix("=") ? [String(method.dropLast()), method] : [method]
        explanations = names.map {
            table.explain(identity: identity, object: object, method: $0, keyExchange: keyExchange)
        }
    }

    package var isAllowed: Bool { explanations.allSatisfy(\.isAllowed) }

    /// The one that decides.
    package var deciding: PolicyExplanation {
        explanations.first { !$0.isAllowed } ?? explanations[explanations.count - 1]
    }
}

extension PolicyTable {
    /// The rules that a daemon judges by: these, and what every authenticated peer may ask of `Pyro.Daemon`.
    package func asServed() throws -> PolicyTable { try adding([DaemonTarget.builtInRule]) }
}
