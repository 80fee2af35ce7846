/// A policy file as it was read: the rules with groups and roles put in, and what was defined on the way.
package struct PolicyDocument: Sendable {
    /// A group or role.
    package struct Definition: Sendable, Hashable {
        package let name: String
        package let line: Int
        /// Whether a rule, a quota or another definition that is used names it.
        package var isUsed: Bool

        package init(name: String, line: Int, isUsed: Bool) {
            self.name = name
            self.line = line
            self.isUsed = isUsed
        }
    }

    package var version: Int
    package var source: String
    package var groups: [Definition]
    package var roles: [Definition]
    package var rules: [PolicyRule]
    package var quotas: [QuotaRule]

    package init(
        version: Int, source: String, groups: [Definition], roles: [Definition], rules: [PolicyRule],
        quotas: [QuotaRule]
    ) {
        self.version = version
        self.source = source
        self.groups = groups
        self.roles = roles
        self.rules = rules
        self.quotas = quotas
    }
}
