/// Going into serpent's lists, tuples, sets and maps without building them.
///
/// Redundant parentheses, which no encoder writes, are told from tuples by looking ahead.
extension ValueReader {
    private static var serpentGroups: Int { 8 }

    mutating func serpentBeginSequence() throws(ValueError) -> Cursor {
        if try serpentNext() == UInt8(ascii: "[") {
            try countTextNode()
            try enterText(limit: serpentDepth)
            return Cursor(kind: .list, closing: UInt8(ascii: "]"))
        }
        let (start, end) = (self, try serpentSkipGroups())
        try countTextNode()
        let cursor: Cursor
        switch try serpentNext() {
        case UInt8(ascii: "["):
            cursor = Cursor(kind: .list, closing: UInt8(ascii: "]"), returnPosition: end)
        case UInt8(ascii: "("):
            cursor = Cursor(kind: .tuple, closing: UInt8(ascii: ")"), returnPosition: end)
        case UInt8(ascii: "{"):
            cursor = Cursor(kind: .set, closing: UInt8(ascii: "}"), returnPosition: end)
        case UInt8(ascii: "s") where takeText("set"):
            guard try serpentNext() == UInt8(ascii: "(") else {
                throw .malformed("a name that is no literal")
            }
            cursor = Cursor(kind: .set, closing: UInt8(ascii: ")"), returnPosition: end)
        default:
            var other = start
            throw .wrongType(expected: "list", found: "\(try other.serpentPeekKind())")
        }
        depth = start.depth
        try enterText(limit: serpentDepth)
        if cursor.kind == .set, cursor.closing == UInt8(ascii: "}"), try serpentNext() == cursor.closing {
            throw .wrongType(expected: "list", found: "map")
        }
        return cursor
    }

    mutating func serpentBeginMap() throws(ValueError) -> Cursor {
        if try serpentNext() == UInt8(ascii: "{") {
            try countTextNode()
            try enterText(limit: serpentDepth)
            return Cursor(kind: .map, closing: UInt8(ascii: "}"))
        }
        let (start, end) = (self, try serpentSkipGroups())
        guard try serpentNext() == UInt8(ascii: "{") else {
            var other = start
            throw .wrongType(expected: "map", found: "\(try other.serpentPeekKind())")
        }
        try countTextNode()
        depth = start.depth
        try enterText(limit: serpentDepth)
        return Cursor(kind: .map, closing: UInt8(ascii: "}"), returnPosition: end)
    }

    mutating func serpentHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool {
        let isFirst = cursor.isFirst
        cursor.isFirst = false
        var byte = try serpentNext()
        if byte == UInt8(ascii: ","), !isFirst {
            position &+= 1
            byte = try serpentNext()
        } else if byte != cursor.closing {
            if byte == UInt8(ascii: ":") { throw .wrongType(expected: "list", found: "map") }
            if !isFirst { throw .malformed("no comma between two members") }
        } else if cursor.kind == .tuple, cursor.count == 1 {
            throw .wrongType(expected: "list", found: "a value in parentheses")
        }
        if byte == cursor.closing {
            leaveText()
            position = cursor.returnPosition ?? position
            return false
        }
        if cursor.kind == .set, cursor.closing == UInt8(ascii: ")") {
            throw .malformed("set() with an argument")
        }
        cursor.count &+= 1
        return true
    }

    mutating func serpentBeginMapValue() throws(ValueError) {
        guard try serpentNext() == UInt8(ascii: ":") else { throw .malformed("no colon behind a map key") }
        position &+= 1
    }

    /// Goes into parentheses that are there for grouping only, and stops in front of what they hold.
    ///
    /// Each of them is looked through to its end, so only a few may lie inside each other.
    ///
    /// - Returns: where the outermost of them ends, if there are any.
    private mutating func serpentSkipGroups() throws(ValueError) -> Int? {
        var end: Int?
        var groups = 0
        while try serpentNext() == UInt8(ascii: "(") {
            switch textByte(at: position &+ 1) {
            // An encoder's tuple most likely starts with a scalar; should it be none, `hasNext` finds out.
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"),
                UInt8(ascii: ")"), UInt8(ascii: "T"), UInt8(ascii: "F"), UInt8(ascii: "N"):
                return end
            default: break
            }
            var ahead = self
            try ahead.enterText(limit: serpentDepth)
            if try ahead.serpentNext() == UInt8(ascii: ")") { return end }
            let inside = ahead
            try ahead.serpentSkipValue()
            guard try ahead.serpentNext() == UInt8(ascii: ")") else { return end }
            groups += 1
            guard groups <= Self.serpentGroups else {
                throw ValueError(
                    .limitExceeded, "more than \(Self.serpentGroups) pairs of parentheses without need")
            }
            if end == nil { end = ahead.position &+ 1 }
            // Staying inside, so that newlines are white space here too.
            self = inside
        }
        return end
    }
}
