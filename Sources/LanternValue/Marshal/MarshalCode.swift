/// The type bytes of Python's marshal format.
///
/// - Source: `Python/marshal.c` of CPython 3.11.
enum MarshalCode {
    /// Set on a type byte: this object gets the next number, for references to it.
    static let remember: UInt8 = 0x80

    static let null = UInt8(ascii: "0")
    static let none = UInt8(ascii: "N")
    static let `true` = UInt8(ascii: "T")
    static let `false` = UInt8(ascii: "F")
    static let stopIteration = UInt8(ascii: "S")
    static let ellipsis = UInt8(ascii: ".")
    static let int32 = UInt8(ascii: "i")
    static let int64 = UInt8(ascii: "I")
    static let digits = UInt8(ascii: "l")
    static let float = UInt8(ascii: "g")
    static let textFloat = UInt8(ascii: "f")
    static let complex = UInt8(ascii: "y")
    static let textComplex = UInt8(ascii: "x")
    static let bytes = UInt8(ascii: "s")
    static let shortASCII = UInt8(ascii: "z")
    static let shortInternedASCII = UInt8(ascii: "Z")
    static let ascii = UInt8(ascii: "a")
    static let internedASCII = UInt8(ascii: "A")
    static let unicode = UInt8(ascii: "u")
    static let internedUnicode = UInt8(ascii: "t")
    static let shortTuple = UInt8(ascii: ")")
    static let tuple = UInt8(ascii: "(")
    static let list = UInt8(ascii: "[")
    static let set = UInt8(ascii: "<")
    static let frozenSet = UInt8(ascii: ">")
    static let map = UInt8(ascii: "{")
    static let reference = UInt8(ascii: "r")

    /// The kind of value that a type byte (without ``remember``) begins, if it is data.
    static func kind(of code: UInt8) -> ValueKind? {
        switch code {
        case none: ValueKind.none
        case `true`, `false`: .bool
        case ellipsis: .ellipsis
        case int32, int64, digits: .int
        case float, textFloat: .float
        case complex, textComplex: .complex
        case bytes: .bytes
        case shortASCII, shortInternedASCII, ascii, internedASCII, unicode, internedUnicode: .text
        case shortTuple, tuple: .tuple
        case list: .list
        case set: .set
        case frozenSet: .frozenSet
        case map: .map
        default: nil
        }
    }

    /// Singletons take no number even when they carry ``remember``.
    static func isNumbered(_ code: UInt8) -> Bool {
        switch kind(of: code) {
        case nil, ValueKind.none?, .bool, .ellipsis: false
        default: true
        }
    }
}
