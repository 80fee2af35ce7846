/// White space, comments and lines, as Python's tokenizer sees them.
extension ValueReader {
    var serpentDepth: Int { min(limits.depth, ValueWriter.serpentDepth) }

    /// Goes to the first token, which has to stand at the left edge of its line; the first line may be indented.
    mutating func serpentBeginDocument() throws(ValueError) {
        if !bytes.withBytes({ UTF8Check.passes($0, allowingZeros: false) }) {
            throw .malformed("serpent data with a zero byte or with bytes that are not UTF-8")
        }
        while textByte(at: position) == 0x20 || textByte(at: position) == 0x09 { position &+= 1 }
        var isIndented = false
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x20, 0x09:
                isIndented = true
                position &+= 1
            case 0x0c:
                isIndented = false
                position &+= 1
            case UInt8(ascii: "#"), 0x0a, 0x0d:
                serpentSkipLine()
                isIndented = false
            case 0x5c where serpentSkipContinuation():
                // What follows belongs to the line before, so its indentation does not count.
                while textByte(at: position) == 0x20 || textByte(at: position) == 0x09 { position &+= 1 }
            default:
                if isIndented { throw .malformed("a value that is indented") }
                return
            }
        }
    }

    /// Lets only white space and comments follow.
    mutating func serpentEndDocument() throws(ValueError) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0c: position &+= 1
            case UInt8(ascii: "#"), 0x0a, 0x0d: serpentSkipLine()
            case 0x5c where serpentSkipContinuation(): break
            default: throw .malformed("text behind the value")
            }
        }
    }

    /// The first byte of the next token; it is not consumed.
    @inline(__always)
    mutating func serpentNext() throws(ValueError) -> UInt8 {
        if position < bytes.count, bytes[position] > 0x23, bytes[position] != 0x5c { return bytes[position] }
        serpentSkipSpace()
        guard position < bytes.count else { throw .truncated("serpent data that ends too early") }
        return bytes[position]
    }

    /// Between tokens: newlines and comments count as white space within brackets only.
    mutating func serpentSkipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0c: position &+= 1
            case UInt8(ascii: "#") where depth > 0: serpentSkipLine()
            case 0x0a where depth > 0, 0x0d where depth > 0: position &+= 1
            case 0x5c:
                if !serpentSkipContinuation() { return }
            default: return
            }
        }
    }

    /// Goes behind the end of this line.
    private mutating func serpentSkipLine() {
        while position < bytes.count, !SerpentSyntax.isNewline(bytes[position]) { position &+= 1 }
        position = min(position &+ 1, bytes.count)
    }

    /// A backslash joins two lines when the second one is there.
    private mutating func serpentSkipContinuation() -> Bool {
        var next = position &+ 1
        if textByte(at: next) == 0x0d, textByte(at: next &+ 1) == 0x0a { next &+= 1 }
        guard SerpentSyntax.isNewline(textByte(at: next)), next &+ 1 < bytes.count else { return false }
        position = next &+ 1
        return true
    }
}
