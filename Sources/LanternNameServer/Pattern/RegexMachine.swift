/// Runs a program over a text, all states at once (Pike's simulation without captures).
struct RegexMachine {
    private let program: [RegexInstruction]
    private var states: [Int] = []
    /// The round in which a state was last entered; each enters once a round, which bounds the work.
    private var entered: [Int]
    private var pending: [Int] = []

    init(program: [RegexInstruction]) {
        self.program = program
        entered = Array(repeating: -1, count: program.count)
    }

    /// - Returns: whether some start of the text matches; `nil` when `steps` passed the limit.
    mutating func run(_ text: [Unicode.Scalar], steps: inout Int, limit: Int) -> Bool? {
        var current: [Int] = []
        if enter(0, at: 0, in: text, steps: &steps) { return true }
        swap(&current, &states)
        for (position, scalar) in text.enumerated() {
            guard steps <= limit else { return nil }
            if current.isEmpty { return false }
            for state in current {
                guard case .take(let set) = program[state] else { continue }
                // A class of many members costs that many looks, and repetitions write it out many times.
                steps += 1 + set.items.count
                guard steps <= limit else { return nil }
                guard set.contains(scalar) else { continue }
                if enter(state + 1, at: position + 1, in: text, steps: &steps) { return true }
            }
            current.removeAll(keepingCapacity: true)
            swap(&current, &states)
        }
        return false
    }

    /// Follows everything that takes no code point.
    ///
    /// - Returns: whether the match state was reached.
    private mutating func enter(_ start: Int, at position: Int, in text: [Unicode.Scalar], steps: inout Int)
        -> Bool
    {
        pending.append(start)
        while let state = pending.popLast() {
            guard entered[state] != position else { continue }
            entered[state] = position
            steps += 1
            switch program[state] {
            case .take: states.append(state)
            case .assert(let assertion):
                if assertion.holds(at: position, in: text) { pending.append(state + 1) }
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .jump(let target): pending.append(target)
            case .match:
                pending.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }
}

extension RegexAssertion {
    fileprivate func holds(at position: Int, in text: [Unicode.Scalar]) -> Bool {
        switch self {
        case .start: position == 0
        case .end: position == text.count || (position == text.count - 1 && text[position].value == 10)
        case .veryEnd: position == text.count
        case .wordBoundary: Self.isBoundary(position, in: text)
        case .notWordBoundary: !text.isEmpty && !Self.isBoundary(position, in: text)
        }
    }

    private static func isBoundary(_ position: Int, in text: [Unicode.Scalar]) -> Bool {
        let before = position > 0 && text[position - 1].isRegexWord
        let after = position < text.count && text[position].isRegexWord
        return before != after
    }
}
