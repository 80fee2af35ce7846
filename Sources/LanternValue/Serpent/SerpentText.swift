/// Text as Python's `repr` shows it.
///
/// | in the text | written as |
/// |:--|:--|
/// | the quote, a backslash | with a backslash in front |
/// | newline, return, tab | `\n` `\r` `\t` |
/// | printable by Unicode | itself, in UTF-8 |
/// | the rest, lone surrogates too | `\xNN`, `\uNNNN` or `\UNNNNNNNN` |
enum SerpentText {
    /// So many bytes are written out at a time, so that the room for their escapes stays small.
    private static let chunk = 4096

    static func append(_ text: String, to sink: inout ByteSink) {
        text.withBytes { append($0, to: &sink) }
    }

    static func append(points: [UInt32], to sink: inout ByteSink) {
        let quote = Self.quote(points.contains(0x27), points.contains(0x22))
        sink.append(quote)
        for point in points {
            if let scalar = Unicode.Scalar(point), point >= 0x80, isPrintable(scalar) {
                for byte in UTF8.encode(scalar) ?? .init() { sink.append(byte) }
            } else if point >= 0x20, point < 0x7f, point != UInt32(quote), point != 0x5c {
                sink.append(UInt8(truncatingIfNeeded: point))
            } else {
                sink.append(upTo: 10) { writeEscape(point, into: $0) }
            }
        }
        sink.append(quote)
    }

    private static func quote(_ hasSingle: Bool, _ hasDouble: Bool) -> UInt8 {
        hasSingle && !hasDouble ? UInt8(ascii: "\"") : UInt8(ascii: "'")
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, to sink: inout ByteSink) {
        let hasSingle = ByteScan.contains(0x27, in: bytes)
        let quote = Self.quote(hasSingle, hasSingle && ByteScan.contains(0x22, in: bytes))
        sink.append(quote)
        var start = 0
        while start < bytes.count {
            var end = min(start &+ chunk, bytes.count)
            // No byte takes more than four, but for a character that begins in front of `end` and its ten bytes.
            sink.append(upTo: (end &- start) &* 4 &+ 16) { room in
                write(bytes, from: start, to: &end, quote: quote, into: room)
            }
            start = end
        }
        sink.append(quote)
    }

    /// - Parameters:
    ///   - end: moves behind a character that begins in front of it.
    ///   - room: four bytes for each one from `start` to `end`, and sixteen more.
    @inline(__always)
    private static func write(
        _ bytes: UnsafeRawBufferPointer, from start: Int, to end: inout Int, quote: UInt8,
        into room: UnsafeMutableRawBufferPointer
    ) -> Int {
        var index = start
        var place = 0
        while index < end {
            if index &+ 8 <= end {
                let word = ByteScan.word(bytes, at: index)
                let mask =
                    ByteScan.mark(quote, in: word) | ByteScan.mark(0x5c, in: word)
                    | ByteScan.mark(0x7f, in: word) | ByteScan.markControls(in: word)
                    | ByteScan.markHigh(in: word)
                room.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
                let plain = mask == 0 ? 8 : ByteScan.unmarked(mask)
                index &+= plain
                place &+= plain
                if mask == 0 { continue }
            }
            let byte = bytes[index]
            if byte >= 0x20, byte < 0x7f, byte != quote, byte != 0x5c {
                room[place] = byte
                place &+= 1
                index &+= 1
                continue
            }
            let (point, length) = character(in: bytes, at: index)
            if point >= 0x80, let scalar = Unicode.Scalar(point), isPrintable(scalar) {
                for offset in 0..<length { room[place &+ offset] = bytes[index &+ offset] }
                place &+= length
            } else {
                place &+= writeEscape(point, into: UnsafeMutableRawBufferPointer(rebasing: room[place...]))
            }
            index &+= length
        }
        end = max(end, index)
        return place
    }

    /// The character at an index of UTF-8 that a `String` holds, so that all its bytes are there.
    @inline(__always)
    private static func character(in bytes: UnsafeRawBufferPointer, at index: Int) -> (UInt32, Int) {
        func low(_ offset: Int) -> UInt32 {
            index &+ offset < bytes.count ? UInt32(bytes[index &+ offset] & 0x3f) : 0
        }
        let first = UInt32(bytes[index])
        switch first {
        case 0..<0x80: return (first, 1)
        case 0x80..<0xe0: return ((first & 0x1f) << 6 | low(1), min(2, bytes.count &- index))
        case 0xe0..<0xf0:
            return ((first & 0x0f) << 12 | low(1) << 6 | low(2), min(3, bytes.count &- index))
        default:
            return (
                (first & 0x07) << 18 | low(1) << 12 | low(2) << 6 | low(3), min(4, bytes.count &- index)
            )
        }
    }

    /// - Parameter room: ten bytes at least.
    private static func writeEscape(_ point: UInt32, into room: UnsafeMutableRawBufferPointer) -> Int {
        room[0] = 0x5c
        switch point {
        case 0x0a: room[1] = UInt8(ascii: "n")
        case 0x0d: room[1] = UInt8(ascii: "r")
        case 0x09: room[1] = UInt8(ascii: "t")
        case 0x20..<0x7f: room[1] = UInt8(truncatingIfNeeded: point)  // a quote or a backslash
        default: return writeNumber(point, into: room)
        }
        return 2
    }

    private static func writeNumber(_ point: UInt32, into room: UnsafeMutableRawBufferPointer) -> Int {
        let (letter, digits): (UInt8, Int) =
            point < 0x100
            ? (UInt8(ascii: "x"), 2)
            : point < 0x10000 ? (UInt8(ascii: "u"), 4) : (UInt8(ascii: "U"), 8)
        room[1] = letter
        for index in 0..<digits {
            let digit = UInt8(truncatingIfNeeded: point >> (4 * UInt32(digits &- 1 &- index)) & 15)
            room[2 &+ index] = digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ (digit &- 10)
        }
        return 2 &+ digits
    }

    /// Python's rule: no control, format, unassigned, private or separator character but the space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Blocks without a gap: Latin letters, currency, kana, Chinese characters, Korean syllables, faces.
        case 0xa1...0xac, 0xae...0x24f, 0x410...0x44f, 0x20a0...0x20bf, 0x3041...0x3096, 0x30a1...0x30fa,
            0x4e00...0x9fa5, 0xac00...0xd7a3, 0x1f600...0x1f64f:
            return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            return false
        case .spaceSeparator: return scalar == " "
        default: return true
        }
    }
}
