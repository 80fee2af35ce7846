/// Text as Python's `repr` shows it.
///
/// | in the text | written as |
/// |:--|:--|
/// | the quote, a backslash | with a backslash in front |
/// | newline, return, tab | `\n` `\r` `\t` |
/// | printable by Unicode | itself, in UTF-8 |
/// | the rest, lone surrogates too | `\xNN`, `\uNNNN` or `\UNNNNNNNN` |
enum SerpentText {
    static func append(_ text: String, to output: inout [UInt8]) {
        var text = text
        let isDone = text.withUTF8 { bytes in
            guard bytes.allSatisfy({ isPlain($0) }) else { return false }
            output.append(UInt8(ascii: "'"))
            output.append(contentsOf: bytes)
            output.append(UInt8(ascii: "'"))
            return true
        }
        if isDone { return }
        let quote = Self.quote(text.utf8.contains(UInt8(ascii: "'")), text.utf8.contains(UInt8(ascii: "\"")))
        output.append(quote)
        for scalar in text.unicodeScalars { append(scalar.value, quote, to: &output) }
        output.append(quote)
    }

    static func append(points: [UInt32], to output: inout [UInt8]) {
        let quote = Self.quote(points.contains(0x27), points.contains(0x22))
        output.append(quote)
        for point in points { append(point, quote, to: &output) }
        output.append(quote)
    }

    /// Printable ASCII that needs no escape within single quotes.
    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != 0x27 && byte != 0x5c
    }

    private static func quote(_ hasSingle: Bool, _ hasDouble: Bool) -> UInt8 {
        hasSingle && !hasDouble ? UInt8(ascii: "\"") : UInt8(ascii: "'")
    }

    private static func append(_ point: UInt32, _ quote: UInt8, to output: inout [UInt8]) {
        switch point {
        case UInt32(quote), 0x5c:
            output.append(0x5c)
            output.append(UInt8(truncatingIfNeeded: point))
        case 0x0a: output.append(literal: "\\n")
        case 0x0d: output.append(literal: "\\r")
        case 0x09: output.append(literal: "\\t")
        case 0x20..<0x7f: output.append(UInt8(truncatingIfNeeded: point))
        default:
            if let scalar = Unicode.Scalar(point), isPrintable(scalar) {
                output.append(contentsOf: scalar.utf8)
            } else {
                appendEscape(point, to: &output)
            }
        }
    }

    private static func appendEscape(_ point: UInt32, to output: inout [UInt8]) {
        let (letter, digits): (UInt8, Int) =
            point < 0x100
            ? (UInt8(ascii: "x"), 2)
            : point < 0x10000 ? (UInt8(ascii: "u"), 4) : (UInt8(ascii: "U"), 8)
        output.append(0x5c)
        output.append(letter)
        for index in (0..<digits).reversed() {
            let digit = UInt8(truncatingIfNeeded: point >> (4 * UInt32(index)) & 15)
            output.append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ (digit &- 10))
        }
    }

    /// Python's rule: no control, format, unassigned, private or separator character but the space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}
