/// A rule with its patterns taken apart.
final class CompiledRule: Sendable {
    let rule: PolicyRule
    let methods: [Pattern]
    /// The names of a name server that it is about; nil means all.
    let targets: [Pattern]?
    private let identities: [Pattern]
    private let objects: [Pattern]

    init(_ rule: PolicyRule) {
        self.rule = rule
        identities = rule.identities.map(Pattern.init)
        objects = rule.objects.map(Pattern.init)
        methods = rule.methods.map(Pattern.init)
        targets = rule.names?.map(Pattern.init)
    }

    func appliesTo(identity: String, object: String) -> Bool {
        objects.contains { $0.matches(object) } && identities.contains { $0.matches(identity) }
    }

    func names(_ method: String) -> Bool { methods.contains { $0.matches(method) } }
}

/// Compared byte by byte, as patterns are: to `String` a composed and a decomposed letter are the same, and what is
/// remembered for one name must not be taken for the other.
struct StandingKey: Sendable, Hashable {
    let identity: PeerIdentity
    let object: String

    static func == (one: Self, other: Self) -> Bool {
        one.identity == other.identity && one.object.utf8.elementsEqual(other.object.utf8)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
        var object = object
        object.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// The rules that concern one identity and one object.
final class Standing: Sendable {
    private let denials: [CompiledRule]
    private let allowances: [CompiledRule]
    /// Whether some method may be called: an allowed pattern that no denial covers.
    let hasAnyRight: Bool

    var isEmpty: Bool { denials.isEmpty && allowances.isEmpty }

    init(rules: [CompiledRule]) {
        let denials = rules.filter { $0.rule.effect == .deny }
        allowances = rules.filter { $0.rule.effect == .allow }
        self.denials = denials
        // A pattern that matches the text of another one, star and all, matches whatever that one does:
        // only a star can match a star.
        hasAnyRight = allowances.contains { allowance in
            allowance.methods.contains { pattern in !denials.contains { $0.names(pattern.text) } }
        }
    }

    func denying(_ method: String) -> CompiledRule? { denials.first { $0.names(method) } }
    func allowing(_ method: String) -> CompiledRule? { allowances.first { $0.names(method) } }
}
