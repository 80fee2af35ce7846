import LanternTrust

/// What a policy was made of: the same text is the same policy, and what is remembered of it stays good.
struct PolicySource: Sendable, Hashable {
    let path: String
    let text: String
    /// The rules that are tried beside it; nil without any, or when they cannot be read.
    let nextText: String?

    /// - Returns: nil when there is no policy file.
    /// - Throws: ``LanternError/Code/configuration`` when it cannot be read.
    init?(path: String, next: String?) throws {
        guard let text = try TextFile.read(path) else { return nil }
        self.path = path
        self.text = text
        nextText = next.flatMap { (try? TextFile.read($0)).flatMap(\.self) }
    }

    /// The policy of these texts; an empty one without a file.
    ///
    /// - Returns: also what is wrong with the rules that are tried: they are passed over then.
    static func read(
        _ source: PolicySource?, next: String?
    ) throws -> (policy: PolicyTable, complaint: String?) {
        let policy =
            try source.map { try PolicyFile.parse($0.text, path: $0.path) } ?? PolicyTable(rules: [])
        guard let next else { return (policy, nil) }
        return try Settings.trying(next, beside: policy)
    }
}
