/// A pattern as a tree.
indirect enum RegexNode: Sendable, Hashable {
    case empty
    case set(RegexSet)
    case assertion(RegexAssertion)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    /// `maximum` is `nil` for no bound.
    case repetition(RegexNode, minimum: Int, maximum: Int?)

    /// The code points that every match starts with.
    var literalPrefix: String {
        var prefix = String.UnicodeScalarView()
        _ = addPrefix(to: &prefix)
        return String(prefix)
    }

    /// - Returns: whether what follows this node continues the prefix.
    private func addPrefix(to prefix: inout String.UnicodeScalarView) -> Bool {
        switch self {
        case .empty: return true
        case .assertion: return true
        case .set(let set):
            guard let scalar = set.onlyScalar else { return false }
            prefix.append(scalar)
            return true
        case .sequence(let nodes):
            for node in nodes where !node.addPrefix(to: &prefix) { return false }
            return true
        case .alternatives, .repetition: return false
        }
    }
}

/// A condition on a place between two code points.
enum RegexAssertion: Sendable, Hashable {
    /// `^` and `\A`
    case start
    /// `$`: the end, or before a line feed that is the last.
    case end
    /// `\Z`
    case veryEnd
    /// `\b`
    case wordBoundary
    /// `\B`
    case notWordBoundary
}
