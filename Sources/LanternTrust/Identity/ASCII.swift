/// The few questions that identity and policy ask of a byte.
extension UInt8 {
    var isLowerCaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    var isLetter: Bool { (self | 0x20).isLowerCaseLetter }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    /// A digit, dot, dash or underscore.
    var isIdentitySymbol: Bool {
        isDigit || self == UInt8(ascii: ".") || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
    }
    /// Printable ASCII without the blank.
    var isVisible: Bool { self > 0x20 && self < 0x7F }

    /// For messages: the character when it can be printed, else its number.
    var shown: String { isVisible ? "'\(Character(Unicode.Scalar(self)))'" : "byte \(self)" }
}
