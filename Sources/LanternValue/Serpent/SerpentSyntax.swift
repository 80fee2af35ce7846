/// Which bytes mean what in a Python literal.
enum SerpentSyntax {
    /// Whether a word goes on with this byte; bytes over 127 belong to other alphabets' letters.
    @inline(__always)
    static func continuesWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    /// Whether a member of a container is over with this byte, without anything in between.
    @inline(__always)
    static func endsMember(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    @inline(__always)
    static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") }

    @inline(__always)
    static func isNewline(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    static func isPlusOrMinus(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    }

    /// Whether Python could use the value as a map key or a set member.
    static func isHashable(_ value: Value) -> Bool {
        switch value {
        case .list, .map, .set: false
        case .tuple(let members): members.allSatisfy { isHashable($0) }
        default: true
        }
    }
}
