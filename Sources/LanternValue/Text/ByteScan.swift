/// Looks at eight bytes of text at a time.
///
/// Of a mask only the lowest set bit counts: a borrow may set others above it.
enum ByteScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The eight bytes from `index`, the first one lowest; the caller has seen that they are there.
    @inline(__always)
    static func word(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// Marks the bytes that are this one.
    @inline(__always)
    static func mark(_ byte: UInt8, in word: UInt64) -> UInt64 {
        let zeros = word ^ (UInt64(byte) &* ones)
        return (zeros &- ones) & ~zeros & highs
    }

    /// Marks the bytes under 32.
    @inline(__always)
    static func markControls(in word: UInt64) -> UInt64 { (word &- 0x20 &* ones) & ~word & highs }

    /// Marks the bytes over 127.
    @inline(__always)
    static func markHigh(in word: UInt64) -> UInt64 { word & highs }

    /// How many bytes lie in front of the first mark.
    @inline(__always)
    static func unmarked(_ mask: UInt64) -> Int { mask.trailingZeroBitCount / 8 }

    /// The first place from `start` on, and in front of `end`, with a quote, a backslash or a control character;
    /// `end` when there is none.
    @inline(__always)
    static func firstSpecial(
        in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int, quote: UInt8
    ) -> Int {
        var index = start
        while index &+ 8 <= end {
            let word = word(bytes, at: index)
            let mask = mark(quote, in: word) | mark(0x5c, in: word) | markControls(in: word)
            if mask != 0 { return index &+ unmarked(mask) }
            index &+= 8
        }
        while index < end {
            let byte = bytes[index]
            if byte == quote || byte == 0x5c || byte < 0x20 { return index }
            index &+= 1
        }
        return end
    }

    static func contains(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Bool {
        firstIndex(of: byte, in: bytes) != nil
    }

    static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index &+ 8 <= bytes.count {
            let mask = mark(byte, in: word(bytes, at: index))
            if mask != 0 { return index &+ unmarked(mask) }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] == byte { return index }
            index &+= 1
        }
        return nil
    }
}
