/// What a rule adds to the audit log. It never takes anything away: calls of an object that is audited by itself are
/// recorded whatever a rule says.
public enum AuditLevel: String, Sendable, Hashable, CaseIterable {
    /// As the object says.
    case object
    /// Every call or refusal by this rule is recorded: who, when, object, method, how it ended.
    case names
    /// The same, and the first argument when it is a text.
    case all
}
