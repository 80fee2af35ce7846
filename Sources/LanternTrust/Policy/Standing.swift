/// A rule with its patterns taken apart.
final class CompiledRule: Sendable {
    let rule: PolicyRule
    let methods: [Pattern]
    /// The names of a name server that it is about; nil means all.
    let targets: [Pattern]?
    let identities: [Pattern]
    let objects: [Pattern]

    init(_ rule: PolicyRule) {
        self.rule = rule
        identities = rule.identities.map(Pattern.init)
        objects = rule.objects.map(Pattern.init)
        methods = rule.methods.map(Pattern.init)
        targets = rule.names?.map(Pattern.init)
    }

    func concerns(identity: String) -> Bool { identities.contains { $0.matches(identity) } }
    func concerns(object: String) -> Bool { objects.contains { $0.matches(object) } }
    func names(_ method: String) -> Bool { methods.contains { $0.matches(method) } }
}

/// The rules that concern one identity, ready to be asked about objects.
final class IdentityView: Sendable {
    private let rules: [CompiledRule]
    private let objects: PatternTrie

    init(rules: [CompiledRule]) {
        self.rules = rules
        objects = PatternTrie(
            rules.enumerated().lazy.flatMap { place, rule in rule.objects.lazy.map { ($0, place) } })
    }

    /// Those that concern an object too, in the order of the file.
    func rules(for object: String) -> [CompiledRule] { objects.all(object).map { rules[$0] } }
}

/// Compared byte by byte, as patterns are: to `String` a composed and a decomposed letter are the same, and what is
/// remembered for one name must not be taken for the other.
struct StandingKey: Sendable, Hashable {
    let identity: PeerIdentity
    let object: String
    /// Which requirements of the policy the connection meets, one bit each.
    let met: UInt32

    static func == (one: Self, other: Self) -> Bool {
        one.met == other.met && one.identity == other.identity
            && one.object.hasSameBytes(as: other.object)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
        hasher.combine(met)
        object.hashBytes(into: &hasher)
    }
}

/// The rules that concern one identity and one object.
final class Standing: Sendable {
    private let denials: [CompiledRule]
    private let allowances: [CompiledRule]
    private let deniedMethods: PatternTrie
    private let allowedMethods: PatternTrie
    /// Allow rules whose requirement this connection does not meet.
    private let unmet: [CompiledRule]
    /// Whether some method may be called: an allowed pattern that no denial covers.
    let hasAnyRight: Bool

    var isEmpty: Bool { denials.isEmpty && allowances.isEmpty && unmet.isEmpty }

    init(rules: [CompiledRule], isMet: (PolicyRequirement) -> Bool) {
        var denials: [CompiledRule] = []
        var allowances: [CompiledRule] = []
        var unmet: [CompiledRule] = []
        for rule in rules {
            if rule.rule.effect == .deny {
                denials.append(rule)
            } else if let requirement = rule.rule.requirement, !isMet(requirement) {
                unmet.append(rule)
            } else {
                allowances.append(rule)
            }
        }
        self.denials = denials
        self.allowances = allowances
        self.unmet = unmet
        let denied = Self.index(denials)
        deniedMethods = denied
        allowedMethods = Self.index(allowances)
        // A pattern that matches the text of another one, star and all, matches whatever that one does:
        // only a star can match a star.
        hasAnyRight = allowances.contains { allowance in
            allowance.methods.contains { denied.first($0.text) == nil }
        }
    }

    private static func index(_ rules: [CompiledRule]) -> PatternTrie {
        PatternTrie(rules.enumerated().lazy.flatMap { place, rule in rule.methods.lazy.map { ($0, place) } })
    }

    func denying(_ method: String) -> CompiledRule? { deniedMethods.first(method).map { denials[$0] } }
    func allowing(_ method: String) -> CompiledRule? { allowedMethods.first(method).map { allowances[$0] } }

    /// The rule that would allow it if the connection met what it requires.
    func allowingIfMet(_ method: String) -> CompiledRule? { unmet.first { $0.names(method) } }
}
