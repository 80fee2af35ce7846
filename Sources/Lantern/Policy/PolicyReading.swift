public import LanternTrust

/// One mistake in a policy file: where it is, what is wrong and what to write instead.
public struct PolicyProblem: Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// From 1; 0 for the file as a whole.
    public let line: Int
    public let text: String

    public var description: String { line > 0 ? "\(file):\(line): \(text)" : "\(file): \(text)" }
}

/// What came of reading a policy file.
public struct PolicyReading: Sendable {
    /// In the order of the file; a policy with any is not used.
    public let problems: [PolicyProblem]
    /// What was understood; nil when there are problems.
    package let document: PolicyDocument?
    private let made: PolicyTable?

    init(problems: [PolicyProblem]) {
        self.problems = problems.sorted { $0.line < $1.line }
        document = nil
        made = nil
    }

    init(_ document: PolicyDocument, table: PolicyTable) {
        problems = []
        self.document = document
        made = table
    }

    /// - Throws: ``LanternError/Code/configuration`` with a line for each problem.
    public func table() throws -> PolicyTable {
        guard let made else {
            throw LanternError(
                .configuration, problems.map(\.description).joined(separator: "\n"))
        }
        return made
    }
}
