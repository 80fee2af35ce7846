/// Reads Python's `re` syntax into a tree; recursive, with a bounded depth.
///
/// - Source: CPython's `re/_parser.py`, version 3.11; positions and words of errors are the same.
struct RegexParser {
    private static let maximumDepth = 50

    let scalars: [Unicode.Scalar]
    var position = 0
    var flags = RegexFlags()
    private var depth = 0
    private var groupNames: Set<ExactText> = []

    init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    mutating func parse() throws(NamingError) -> RegexNode {
        try parseGlobalFlags()
        let tree = try parseAlternatives()
        guard position == scalars.count else { throw fault("unbalanced parenthesis") }
        return tree
    }

    var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    /// Takes one code point when it is this one.
    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    func fault(_ reason: String, at place: Int? = nil) -> NamingError {
        .invalidRegex("\(reason) at position \(place ?? position)")
    }

    /// For what Python matches by trying back.
    func notLinear(_ what: String, at place: Int) -> NamingError {
        fault("\(what) cannot be matched in linear time and is refused", at: place)
    }

    private mutating func parseAlternatives() throws(NamingError) -> RegexNode {
        guard depth < Self.maximumDepth else {
            throw fault("more than \(Self.maximumDepth) groups inside each other")
        }
        depth += 1
        defer { depth -= 1 }
        var branches = [try parseSequence()]
        while take("|") { branches.append(try parseSequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func parseSequence() throws(NamingError) -> RegexNode {
        var nodes: [RegexNode] = []
        var canRepeat = false
        while let scalar = next, scalar != "|", scalar != ")" {
            let start = position
            if let bounds = try parseRepetition() {
                guard canRepeat, let item = nodes.popLast() else {
                    guard case .repetition? = nodes.last else { throw fault("nothing to repeat", at: start) }
                    throw fault("multiple repeat", at: start)
                }
                nodes.append(.repetition(item, minimum: bounds.minimum, maximum: bounds.maximum))
                canRepeat = false
                continue
            }
            guard let node = try parseItem() else { continue }
            nodes.append(node)
            if case .assertion = node { canRepeat = false } else { canRepeat = true }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    /// - Returns: `nil` when no quantifier is here; a `{` that is none is a literal.
    private mutating func parseRepetition() throws(NamingError) -> (minimum: Int, maximum: Int?)? {
        let start = position
        let bounds: (minimum: Int, maximum: Int?)
        switch next {
        case "*": (bounds, position) = ((0, nil), position + 1)
        case "+": (bounds, position) = ((1, nil), position + 1)
        case "?": (bounds, position) = ((0, 1), position + 1)
        case "{":
            guard let braces = try parseBraces() else { return nil }
            bounds = braces
        default: return nil
        }
        if take("+") { throw notLinear("a possessive repetition", at: start) }
        _ = take("?")
        return bounds
    }

    private mutating func parseBraces() throws(NamingError) -> (minimum: Int, maximum: Int?)? {
        let start = position
        position += 1
        if next == "}" {
            position = start
            return nil
        }
        let low = try parseCount(from: start)
        let high = take(",") ? try parseCount(from: start) : low
        guard take("}") else {
            position = start
            return nil
        }
        if let low, let high, high < low {
            throw fault("min repeat greater than max repeat", at: start + 1)
        }
        return (low ?? 0, high)
    }

    private mutating func parseCount(from start: Int) throws(NamingError) -> Int? {
        var count: Int?
        while let value = next?.value, 48...57 ~= value {
            count = (count ?? 0) * 10 + Int(value - 48)
            // Python refuses only at 2^32; the program would be too large much sooner.
            if let count, count > 1_000_000 { throw fault("the repetition number is too large", at: start) }
            position += 1
        }
        return count
    }

    /// - Returns: `nil` for a comment.
    private mutating func parseItem() throws(NamingError) -> RegexNode? {
        let start = position
        guard let scalar = next else { return nil }
        switch scalar {
        case "[": return .set(try parseClass())
        case "(": return try parseGroup()
        case "\\": return try parseEscape()
        default: break
        }
        position += 1
        switch scalar {
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case ".": return .set(flags.dotTakesAll ? .everything : RegexSet(items: [.notLineFeed]))
        default: return .set(literal(scalars[start]))
        }
    }

    func literal(_ scalar: Unicode.Scalar) -> RegexSet {
        RegexSet(
            items: [.range(scalar.value, scalar.value)], ignoresCase: flags.ignoresCase && scalar.hasCase)
    }
}

/// The flags that change what a part matches.
struct RegexFlags: Sendable, Hashable {
    var ignoresCase = false
    var dotTakesAll = false
}

extension RegexSet {
    static let everything = Self(items: [.range(0, 0x10FFFF)])
}

extension Unicode.Scalar {
    var hasCase: Bool { properties.changesWhenCaseMapped || properties.isCased }
}

extension RegexParser {
    /// `(?i)` and its like, which Python takes only at the start.
    fileprivate mutating func parseGlobalFlags() throws(NamingError) {
        while position + 2 < scalars.count, next == "(", scalars[position + 1] == "?" {
            let start = position
            position += 2
            var found = flags
            while let scalar = next, scalar != ")", scalar != ":", scalar != "-" {
                guard RegexParser.isFlag(scalar) else {
                    position = start
                    return
                }
                try take(flag: scalar, into: &found)
            }
            guard position > start + 2, take(")") else {
                position = start
                return
            }
            flags = found
        }
    }

    private static func isFlag(_ scalar: Unicode.Scalar) -> Bool { "aiLmsux".unicodeScalars.contains(scalar) }

    private mutating func take(flag: Unicode.Scalar, into flags: inout RegexFlags) throws(NamingError) {
        switch flag {
        case "i": flags.ignoresCase = true
        case "s": flags.dotTakesAll = true
        case "u": break
        case "a", "L", "m", "x": throw fault("the flag '\(flag)' is not supported")
        default: throw fault("unknown flag", at: position)
        }
        position += 1
    }

    fileprivate mutating func parseGroup() throws(NamingError) -> RegexNode? {
        let start = position
        let outer = flags
        position += 1
        if take("?") {
            switch try parseGroupHead(start) {
            case .comment: return nil
            case .group: break
            }
        }
        let tree = try parseAlternatives()
        guard take(")") else { throw fault("missing ), unterminated subpattern", at: start) }
        flags = outer
        // A group is one item, also when it holds an assertion, which Python lets repeat.
        return .sequence([tree])
    }

    private enum GroupHead { case comment, group }

    private mutating func parseGroupHead(_ start: Int) throws(NamingError) -> GroupHead {
        guard let scalar = next else { throw fault("unexpected end of pattern") }
        switch scalar {
        case ":": position += 1
        case "#":
            while let scalar = next, scalar != ")" { _ = take(scalar) }
            guard take(")") else { throw fault("missing ), unterminated comment", at: start) }
            return .comment
        case "P": try parseGroupName(start)
        case "=", "!": throw notLinear("look-ahead", at: start)
        case "<": throw notLinear("look-behind", at: start)
        case ">": throw notLinear("an atomic group", at: start)
        case "(": throw notLinear("a conditional group", at: start)
        case _ where Self.isFlag(scalar) || scalar == "-": try parseScopedFlags(start)
        default: throw fault("unknown extension ?\(scalar)", at: start + 1)
        }
        return .group
    }

    private mutating func parseGroupName(_ start: Int) throws(NamingError) {
        position += 1
        if next == "=" { throw notLinear("a backreference", at: start) }
        guard take("<") else { throw fault("unknown extension ?P", at: start + 1) }
        let begin = position
        var name = String.UnicodeScalarView()
        while let scalar = next, scalar != ">" {
            name.append(scalar)
            position += 1
        }
        guard take(">") else { throw fault("missing >, unterminated name", at: begin) }
        guard let first = name.first else { throw fault("missing group name", at: begin) }
        guard !first.isRegexDigit, name.allSatisfy(\.isRegexWord) else {
            throw fault("bad character in group name", at: begin)
        }
        guard groupNames.insert(ExactText(String(name))).inserted else {
            throw fault("redefinition of group name", at: begin)
        }
    }

    /// `(?i:…)`, `(?-i:…)`, `(?s-i:…)`: for this group only.
    private mutating func parseScopedFlags(_ start: Int) throws(NamingError) {
        var isRemoving = false
        while let scalar = next, scalar != ":" {
            if scalar == ")" { throw fault("global flags not at the start of the expression", at: start) }
            if scalar == "-", !isRemoving {
                isRemoving = true
                position += 1
                continue
            }
            var named = RegexFlags()
            try take(flag: scalar, into: &named)
            if named.ignoresCase { flags.ignoresCase = !isRemoving }
            if named.dotTakesAll { flags.dotTakesAll = !isRemoving }
        }
        guard take(":") else { throw fault("missing : in the flags of a group") }
    }
}
