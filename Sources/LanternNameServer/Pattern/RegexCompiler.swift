/// One state of the program.
enum RegexInstruction: Sendable, Hashable {
    /// Takes one code point and goes on.
    case take(RegexSet)
    case assert(RegexAssertion)
    /// Goes on at both.
    case split(Int, Int)
    case jump(Int)
    case match
}

/// Turns the tree into a program (Thompson's construction), `{m,n}` written out.
struct RegexCompiler {
    private var program: [RegexInstruction] = []
    private let maximumStates: Int

    static func compile(_ tree: RegexNode, maximumStates: Int) throws(NamingError) -> [RegexInstruction] {
        var compiler = Self(maximumStates: maximumStates)
        try compiler.add(tree)
        try compiler.emit(.match)
        return compiler.program
    }

    private init(maximumStates: Int) { self.maximumStates = maximumStates }

    /// Every copy of every part adds a state, so the limit ends the work too.
    private mutating func emit(_ instruction: RegexInstruction) throws(NamingError) {
        guard program.count < maximumStates else {
            throw .invalidRegex("more than \(maximumStates) states when repetitions are written out")
        }
        program.append(instruction)
    }

    private mutating func add(_ node: RegexNode) throws(NamingError) {
        switch node {
        case .empty: break
        case .set(let set): try emit(.take(set))
        case .assertion(let assertion): try emit(.assert(assertion))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .alternatives(let nodes): try addAlternatives(nodes)
        case .repetition(let node, let minimum, let maximum): try addRepetition(node, minimum, maximum)
        }
    }

    private mutating func addAlternatives(_ nodes: [RegexNode]) throws(NamingError) {
        var ends: [Int] = []
        for node in nodes.dropLast() {
            let split = program.count
            try emit(.split(split + 1, 0))
            try add(node)
            ends.append(program.count)
            try emit(.jump(0))
            program[split] = .split(split + 1, program.count)
        }
        if let last = nodes.last { try add(last) }
        for end in ends { program[end] = .jump(program.count) }
    }

    private mutating func addRepetition(_ node: RegexNode, _ minimum: Int, _ maximum: Int?)
        throws(NamingError)
    {
        // A part without states would be written out forever without reaching the limit.
        guard Self.hasStates(node) else { return }
        for _ in 0..<minimum { try add(node) }
        guard let maximum else { return try addLoop(node) }
        var splits: [Int] = []
        for _ in 0..<max(0, maximum - minimum) {
            splits.append(program.count)
            try emit(.split(program.count + 1, 0))
            try add(node)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }

    private mutating func addLoop(_ node: RegexNode) throws(NamingError) {
        let split = program.count
        try emit(.split(split + 1, 0))
        try add(node)
        try emit(.jump(split))
        program[split] = .split(split + 1, program.count)
    }

    private static func hasStates(_ node: RegexNode) -> Bool {
        switch node {
        case .empty: false
        case .set, .assertion: true
        case .alternatives: true
        case .sequence(let nodes): nodes.contains { hasStates($0) }
        case .repetition(let node, _, let maximum): maximum != 0 && hasStates(node)
        }
    }
}
