/// A pattern in Python's `re` syntax that matches in time linear in the text, whatever the pattern.
///
/// What Python can only do by trying back (backreferences, look-around, atomic and possessive forms) is refused.
/// Matching starts at the first code point, as `re.match` does, and asks only whether, not what.
///
/// Also refused: flags other than `i`, `s` and `u`; patterns above ``maximumPattern`` bytes; programs above
/// ``maximumStates`` states after `{m,n}` is written out.
public struct LinearRegex: Sendable {
    /// Bytes of pattern.
    public static let maximumPattern = 1024
    /// States of the program.
    public static let maximumStates = 1000

    /// The text of the pattern.
    public let pattern: String
    /// What every matching text starts with; empty when nothing is certain.
    let literalPrefix: String
    let program: [RegexInstruction]

    /// - Throws: ``NamingError/Code/invalidRegex``, in Python's words where Python refuses too.
    public init(_ pattern: String) throws(NamingError) {
        guard pattern.utf8.count <= Self.maximumPattern else {
            throw .invalidRegex("longer than \(Self.maximumPattern) bytes")
        }
        var parser = RegexParser(pattern)
        let tree = try parser.parse()
        self.pattern = pattern
        program = try RegexCompiler.compile(tree, maximumStates: Self.maximumStates)
        literalPrefix = tree.literalPrefix
    }

    /// Whether the text starts with something that the pattern matches.
    public func matches(_ text: String) -> Bool {
        var steps = 0
        return matches(text, steps: &steps, limit: .max) ?? false
    }

    /// Matches and counts its work: for each code point at most one step for each state, one for each transition, and
    /// one for each member of a class.
    ///
    /// - Returns: `nil` when `steps` passed the limit.
    func matches(_ text: String, steps: inout Int, limit: Int) -> Bool? {
        var machine = RegexMachine(program: program)
        return machine.run(Array(text.unicodeScalars), steps: &steps, limit: limit)
    }
}
