/// Text as Python's `json.dumps` writes it: raw UTF-8, the short escapes, `\u00NN` for other control characters.
enum JSONText {
    /// So many bytes are written out at a time, so that the room for their escapes stays small.
    private static let chunk = 4096
    /// For each byte under 32, the quote and the backslash: the letter of its short escape, or zero.
    private static let letters: [UInt8] = {
        var letters = [UInt8](repeating: 0, count: 128)
        for (byte, letter) in [
            (0x22, "\""), (0x5c, "\\"), (0x0a, "n"), (0x0d, "r"), (0x09, "t"), (0x08, "b"), (0x0c, "f"),
        ] as [(Int, Unicode.Scalar)] {
            letters[byte] = UInt8(ascii: letter)
        }
        return letters
    }()

    static func append(_ text: String, to sink: inout ByteSink) {
        sink.append(UInt8(ascii: "\""))
        text.withBytes { append($0, to: &sink) }
        sink.append(UInt8(ascii: "\""))
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, to sink: inout ByteSink) {
        var start = 0
        while start < bytes.count {
            let end = min(start &+ chunk, bytes.count)
            // No byte takes more than six; eight more let the last word be stored whole.
            sink.append(upTo: (end &- start) &* 6 &+ 8) { write(bytes, from: start, to: end, into: $0) }
            start = end
        }
    }

    /// - Parameter room: six bytes for each one from `start` to `end`, and eight more.
    @inline(__always)
    private static func write(
        _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int,
        into room: UnsafeMutableRawBufferPointer
    ) -> Int {
        var index = start
        var place = 0
        while index < end {
            if index &+ 8 <= end {
                let word = ByteScan.word(bytes, at: index)
                let mask =
                    ByteScan.mark(0x22, in: word) | ByteScan.mark(0x5c, in: word)
                    | ByteScan.markControls(in: word)
                room.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
                let plain = mask == 0 ? 8 : ByteScan.unmarked(mask)
                index &+= plain
                place &+= plain
                if mask == 0 { continue }
            }
            let byte = bytes[index]
            if byte >= 0x20, byte != 0x22, byte != 0x5c {
                room[place] = byte
                place &+= 1
            } else {
                place &+= writeEscape(byte, into: UnsafeMutableRawBufferPointer(rebasing: room[place...]))
            }
            index &+= 1
        }
        return place
    }

    @inline(__always)
    private static func writeEscape(_ byte: UInt8, into room: UnsafeMutableRawBufferPointer) -> Int {
        room[0] = 0x5c
        let letter = letters[Int(byte & 0x7f)]
        if letter != 0 {
            room[1] = letter
            return 2
        }
        let digit = byte & 15
        room[1] = UInt8(ascii: "u")
        room[2] = UInt8(ascii: "0")
        room[3] = UInt8(ascii: "0")
        room[4] = byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1")
        room[5] = digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ (digit &- 10)
        return 6
    }
}
