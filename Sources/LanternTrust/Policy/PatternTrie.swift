/// Finds which of many patterns match a text, in one walk over the text.
///
/// Patterns without a star and those whose only star is their end make one tree of bytes; the few others are tried one
/// by one. What a pattern stands for is a number, such as the place of its rule.
struct PatternTrie: Sendable {
    private struct Node: Sendable {
        let byte: UInt8
        /// Places of nodes; -1 for none.
        var child: Int32 = -1
        var sibling: Int32 = -1
        /// Places in `slots`: of patterns that end here, and of those that go on with a star.
        var exact: Int32 = -1
        var prefix: Int32 = -1
    }

    private var nodes = [Node(byte: 0)]
    /// Numbers that patterns stand for, ascending.
    private var slots: [[Int32]] = []
    private var others: [(pattern: Pattern, numbers: [Int32])] = []

    /// - Parameter entries: each pattern with its number; numbers ascend.
    init(_ entries: some Sequence<(Pattern, Int)>) {
        var known: [Pattern: Int] = [:]
        for (pattern, number) in entries {
            let number = Int32(clamping: number)
            switch pattern.shape {
            case .exactly(let bytes): add(number, at: node(for: bytes), \.exact)
            case .prefix(let bytes): add(number, at: node(for: bytes), \.prefix)
            case .other:
                if let place = known[pattern] {
                    if others[place].numbers.last != number { others[place].numbers.append(number) }
                } else {
                    known[pattern] = others.count
                    others.append((pattern, [number]))
                }
            }
        }
    }

    var isEmpty: Bool { slots.isEmpty && others.isEmpty }

    /// The smallest number whose pattern matches.
    func first(_ text: String) -> Int? {
        guard !isEmpty else { return nil }
        var best = Int32.max
        Self.withBytes(of: text) { bytes in
            walk(bytes) { slot in
                if let number = slots[Int(slot)].first, number < best { best = number }
            }
        }
        for other in others {
            guard let number = other.numbers.first, number < best else { continue }
            if other.pattern.matches(text) { best = number }
        }
        return best == .max ? nil : Int(best)
    }

    /// All numbers whose patterns match, ascending, each once.
    func all(_ text: String) -> [Int] {
        var found: Set<Int32> = []
        Self.withBytes(of: text) { bytes in walk(bytes) { found.formUnion(slots[Int($0)]) } }
        for other in others where other.pattern.matches(text) { found.formUnion(other.numbers) }
        return found.sorted().map(Int.init)
    }

    /// Ends early where no pattern goes on, so a long text costs no more than the longest pattern.
    @inline(__always)
    private func walk(_ bytes: UnsafeBufferPointer<UInt8>, _ visit: (Int32) -> Void) {
        nodes.withUnsafeBufferPointer { nodes in
            var node = nodes[0]
            if node.prefix >= 0 { visit(node.prefix) }
            for byte in bytes {
                var next = node.child
                while next >= 0, nodes[Int(next)].byte != byte { next = nodes[Int(next)].sibling }
                guard next >= 0 else { return }
                node = nodes[Int(next)]
                if node.prefix >= 0 { visit(node.prefix) }
            }
            if node.exact >= 0 { visit(node.exact) }
        }
    }

    private static func withBytes(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        if text.utf8.withContiguousStorageIfAvailable(body) == nil {
            Array(text.utf8).withUnsafeBufferPointer(body)
        }
    }

    // MARK: - Building

    private mutating func node(for bytes: [UInt8]) -> Int {
        var place = 0
        for byte in bytes {
            var next = nodes[place].child
            while next >= 0, nodes[Int(next)].byte != byte { next = nodes[Int(next)].sibling }
            if next < 0 {
                next = Int32(clamping: nodes.count)
                nodes.append(Node(byte: byte, sibling: nodes[place].child))
                nodes[place].child = next
            }
            place = Int(next)
        }
        return place
    }

    private mutating func add(_ number: Int32, at place: Int, _ kind: WritableKeyPath<Node, Int32>) {
        let slot = nodes[place][keyPath: kind]
        if slot < 0 {
            nodes[place][keyPath: kind] = Int32(clamping: slots.count)
            slots.append([number])
        } else if slots[Int(slot)].last != number {
            slots[Int(slot)].append(number)
        }
    }
}
