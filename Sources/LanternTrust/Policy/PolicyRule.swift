/// One rule of a policy file: who may, or may not, call what.
///
/// A rule applies when one pattern of each list matches. In a pattern `*` is any run of characters, also none.
public struct PolicyRule: Sendable, Hashable {
    public enum Effect: String, Sendable, Hashable {
        case allow
        case deny
    }

    public let effect: Effect
    /// Patterns on the text of a ``PeerIdentity``.
    public let identities: [String]
    /// Patterns on the ids of objects.
    public let objects: [String]
    /// Patterns on the wire names of methods and attributes.
    public let methods: [String]
    /// Patterns on the names that a name server's methods are about; nil means all names.
    public let names: [String]?
    /// What it adds to the audit log.
    public let audit: AuditLevel
    /// What the connection must have for the rule to allow; only for allow rules.
    public let requirement: PolicyRequirement?
    /// The role that objects and methods come from, and its line: `reader (line 12)`.
    public let role: String?
    /// Where the rule begins, from 1; 0 when it stands in no file.
    public let line: Int
    /// The file, or what else the rule comes from.
    public let source: String

    public init(
        _ effect: Effect, identities: [String], objects: [String], methods: [String],
        names: [String]? = nil, audit: AuditLevel = .object, requirement: PolicyRequirement? = nil,
        role: String? = nil,
        line: Int = 0, source: String = "built in"
    ) {
        self.effect = effect
        self.identities = identities
        self.objects = objects
        self.methods = methods
        self.names = names
        self.audit = audit
        self.requirement = requirement
        self.role = role
        self.line = line
        self.source = source
    }

    /// For messages: `policy.yaml:12`.
    public var place: String { line > 0 ? "\(source):\(line)" : source }
}
