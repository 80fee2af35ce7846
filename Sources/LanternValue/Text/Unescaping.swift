/// Text with escapes, written straight into a string: what encoders write, in one pass.
///
/// Anything else (lone surrogates, octal escapes, names, unknown letters) is left to the way that knows it all.
enum Unescaping {
    enum Dialect {
        case json, python
    }

    /// For each letter behind a backslash the byte that it means, or zero.
    private static let json = table([
        ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{c}"), ("n", "\n"), ("r", "\r"),
        ("t", "\t"),
    ])
    private static let python = table([
        ("\"", "\""), ("'", "'"), ("\\", "\\"), ("n", "\n"), ("r", "\r"), ("t", "\t"),
    ])

    private static func table(_ letters: [(Unicode.Scalar, Unicode.Scalar)]) -> [UInt8] {
        var table = [UInt8](repeating: 0, count: 256)
        for (letter, meaning) in letters { table[Int(letter.value)] = UInt8(ascii: meaning) }
        return table
    }

    /// - Parameter raw: what stands between the quotes: UTF-8, every backslash with a byte behind it.
    /// - Returns: nil when there is an escape that only the long way knows.
    static func text(_ raw: UnsafeRawBufferPointer, _ dialect: Dialect) -> String? {
        var isKnown = true
        let letters = dialect == .json ? json : python
        // An escape is longer than what it means.
        let text = String(unsafeUninitializedCapacity: raw.count) { room in
            let length = letters.withUnsafeBufferPointer { letters in
                write(raw, letters, dialect, into: UnsafeMutableRawBufferPointer(room))
            }
            isKnown = length != nil
            return length ?? 0
        }
        return isKnown ? text : nil
    }

    /// - Parameter room: as long as `raw` at least; as many bytes are written as read, or fewer.
    private static func write(
        _ raw: UnsafeRawBufferPointer, _ letters: UnsafeBufferPointer<UInt8>, _ dialect: Dialect,
        into room: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var index = 0
        var place = 0
        while index < raw.count {
            if index &+ 8 <= raw.count {
                let word = ByteScan.word(raw, at: index)
                let mask = ByteScan.mark(0x5c, in: word)
                // `place` is not over `index`, so there is room for eight bytes too.
                room.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
                let plain = mask == 0 ? 8 : ByteScan.unmarked(mask)
                index &+= plain
                place &+= plain
                if mask == 0 { continue }
            }
            guard raw[index] == 0x5c else {
                room[place] = raw[index]
                index &+= 1
                place &+= 1
                continue
            }
            guard index &+ 1 < raw.count else { return nil }
            let letter = raw[index &+ 1]
            if letters[Int(letter)] != 0 {
                room[place] = letters[Int(letter)]
                index &+= 2
                place &+= 1
                continue
            }
            guard let (point, length) = point(raw, at: index, letter, dialect) else { return nil }
            index &+= length
            place &+= encode(point, into: UnsafeMutableRawBufferPointer(rebasing: room[place...]))
        }
        return place
    }

    /// The character of a numbered escape and the length of the escape, six bytes at least but for `\\xNN`.
    private static func point(
        _ raw: UnsafeRawBufferPointer, at index: Int, _ letter: UInt8, _ dialect: Dialect
    ) -> (UInt32, Int)? {
        switch letter {
        case UInt8(ascii: "x") where dialect == .python:
            return hexadecimal(raw, at: index &+ 2, digits: 2).map { ($0, 4) }
        case UInt8(ascii: "u"):
            guard let high = hexadecimal(raw, at: index &+ 2, digits: 4) else { return nil }
            if !(0xd800...0xdfff ~= high) { return (high, 6) }
            // Only json joins two halves; in Python they stay two.
            guard dialect == .json, high < 0xdc00, index &+ 12 <= raw.count, raw[index &+ 6] == 0x5c,
                raw[index &+ 7] == UInt8(ascii: "u"),
                let low = hexadecimal(raw, at: index &+ 8, digits: 4), 0xdc00...0xdfff ~= low
            else { return nil }
            return (0x10000 &+ ((high & 0x3ff) << 10 | (low & 0x3ff)), 12)
        default: return nil
        }
    }

    private static func hexadecimal(_ raw: UnsafeRawBufferPointer, at index: Int, digits: Int) -> UInt32? {
        guard index &+ digits <= raw.count else { return nil }
        var value: UInt32 = 0
        for place in index..<(index &+ digits) {
            let byte = raw[place]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte & 15)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt32((byte & 15) &+ 9)
            default: return nil
            }
        }
        return value
    }

    /// - Parameters:
    ///   - point: no surrogate.
    ///   - room: as long as the escape was, which is longer than its UTF-8.
    private static func encode(_ point: UInt32, into room: UnsafeMutableRawBufferPointer) -> Int {
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: point >> shift & 0x3f) }
        switch point {
        case 0..<0x80:
            room[0] = UInt8(truncatingIfNeeded: point)
            return 1
        case 0x80..<0x800:
            room[0] = 0xc0 | UInt8(truncatingIfNeeded: point >> 6)
            room[1] = tail(0)
            return 2
        case 0x800..<0x10000:
            room[0] = 0xe0 | UInt8(truncatingIfNeeded: point >> 12)
            room[1] = tail(6)
            room[2] = tail(0)
            return 3
        default:
            room[0] = 0xf0 | UInt8(truncatingIfNeeded: point >> 18)
            room[1] = tail(12)
            room[2] = tail(6)
            room[3] = tail(0)
            return 4
        }
    }
}

extension ByteSource {
    /// Where text that begins at `start` is closed: the first quote that no backslash stands in front of.
    ///
    /// - Returns: nil when a control character or the end comes first.
    func closingQuote(from start: Int, quote: UInt8) -> Int? {
        withBytes { bytes in
            var index = start
            while index < bytes.count {
                index = ByteScan.firstSpecial(in: bytes, from: index, to: bytes.count, quote: quote)
                guard index < bytes.count else { return nil }
                if bytes[index] == quote { return index }
                guard bytes[index] == 0x5c, index &+ 1 < bytes.count, bytes[index &+ 1] >= 0x20 else {
                    return nil
                }
                index &+= 2
            }
            return nil
        }
    }
}
