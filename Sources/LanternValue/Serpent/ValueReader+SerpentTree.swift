/// Whole serpent values. The recursion is at most ``serpentDepth`` brackets deep.
extension ValueReader {
    /// Any expression.
    mutating func serpentParse(_ tree: inout SerpentTree) throws(ValueError) -> Value {
        let byte = try serpentNext()
        try countTextNode()
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return try serpentLiteral(isKept: tree.isKept)
        case UInt8(ascii: "["): return try serpentList(&tree)
        case UInt8(ascii: "{"): return try serpentBraces(&tree)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            if let number = serpentShortNumber() { return number }
            return try serpentSum(&tree).value
        case UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: "+"): return try serpentSum(&tree).value
        default: return try serpentWord(isKept: tree.isKept)
        }
    }

    /// A plain number with nothing but the end of the member behind it.
    @inline(__always)
    private mutating func serpentShortNumber() -> Value? {
        let start = position
        guard let number = takeShortNumber() else { return nil }
        if SerpentSyntax.endsMember(bytes[position]) || position == bytes.count { return number }
        position = start
        return nil
    }

    private mutating func serpentList(_ tree: inout SerpentTree) throws(ValueError) -> Value {
        try enterText(limit: serpentDepth)
        var members: [Value] = []
        try serpentMembers(&members, closing: UInt8(ascii: "]"), &tree)
        return .list(members)
    }

    /// The rest of a list or tuple: members, commas between them, the closing bracket.
    private mutating func serpentMembers(
        _ members: inout [Value], closing: UInt8, _ tree: inout SerpentTree
    ) throws(ValueError) {
        while try serpentNext() != closing {
            let member = try serpentParse(&tree)
            if tree.isKept {
                if members.isEmpty { members.reserveCapacity(4) }
                members.append(member)
            }
            let byte = try serpentNext()
            if byte == UInt8(ascii: ",") {
                position &+= 1
            } else if byte != closing {
                throw .malformed("no comma between two members")
            }
        }
        leaveText()
    }

    /// A map, or a set.
    private mutating func serpentBraces(_ tree: inout SerpentTree) throws(ValueError) -> Value {
        try enterText(limit: serpentDepth)
        if try serpentNext() == UInt8(ascii: "}") {
            leaveText()
            return .map([])
        }
        var entries = SerpentEntries(isKept: tree.isKept)
        var isMap: Bool?
        repeat {
            let key = try serpentParse(&tree)
            guard SerpentSyntax.isHashable(key) else {
                throw ValueError(.unsupported, "a list, map or set as a map key or set member")
            }
            let hasValue = try serpentNext() == UInt8(ascii: ":")
            guard hasValue == isMap ?? hasValue else { throw .malformed("a map with members of a set") }
            isMap = hasValue
            if hasValue {
                position &+= 1
                entries.add(key, try serpentParse(&tree))
            } else {
                entries.add(key)
            }
        } while try serpentContinues(closing: UInt8(ascii: "}"))
        leaveText()
        guard isMap == true else { return .set(entries.members) }
        if entries.isFloatClass { tree.hasFloatClass = true }
        return .map(entries.pairs)
    }

    /// Whether another member follows; stops in front of the closing bracket when none does.
    private mutating func serpentContinues(closing: UInt8) throws(ValueError) -> Bool {
        let byte = try serpentNext()
        if byte == closing { return false }
        guard byte == UInt8(ascii: ",") else { throw .malformed("no comma between two members") }
        position &+= 1
        return try serpentNext() != closing
    }

    /// A tuple, or an operand in parentheses.
    mutating func serpentParentheses(_ tree: inout SerpentTree) throws(ValueError) -> SerpentOperand {
        try enterText(limit: serpentDepth)
        let byte = try serpentNext()
        if byte == UInt8(ascii: ")") {
            leaveText()
            return SerpentOperand(.tuple([]))
        }
        let first: SerpentOperand
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: "+"),
            UInt8(ascii: "-"):
            try countTextNode()
            first = try serpentSum(&tree)
        default: first = SerpentOperand(try serpentParse(&tree))
        }
        switch try serpentNext() {
        case UInt8(ascii: ")"):
            leaveText()
            return first
        case UInt8(ascii: ","): position &+= 1
        default: throw .malformed("no comma between two members")
        }
        var members = tree.isKept ? [first.value] : []
        try serpentMembers(&members, closing: UInt8(ascii: ")"), &tree)
        return SerpentOperand(.tuple(members))
    }

    /// What starts with a letter: one of three names, `set()`, or text with a prefix.
    private mutating func serpentWord(isKept: Bool) throws(ValueError) -> Value {
        let start = position
        var end = start
        while SerpentSyntax.continuesWord(textByte(at: end)) { end &+= 1 }
        if SerpentSyntax.isQuote(textByte(at: end)), end &- start <= 2, end > start {
            return try serpentLiteral(isKept: isKept)
        }
        switch end &- start {
        case 4 where takeText("None"): return .none
        case 4 where takeText("True"): return .bool(true)
        case 5 where takeText("False"): return .bool(false)
        case 3 where takeText("set"): return try serpentEmptySet()
        default: break
        }
        throw .malformed("a name or an operator, which is no literal")
    }

    private mutating func serpentEmptySet() throws(ValueError) -> Value {
        guard try serpentNext() == UInt8(ascii: "(") else { throw .malformed("a name that is no literal") }
        try enterText(limit: serpentDepth)
        guard try serpentNext() == UInt8(ascii: ")") else { throw .malformed("set() with an argument") }
        leaveText()
        return .set([])
    }
}
