/// One pass over a whole document, so that nothing later has to doubt its UTF-8.
enum UTF8Check {
    /// Whether the bytes are UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF.
    ///
    /// - Parameter allowingZeros: whether a zero byte may occur.
    static func passes(_ bytes: [UInt8], allowingZeros: Bool) -> Bool {
        bytes.withUnsafeBytes { passes($0, allowingZeros: allowingZeros) }
    }

    static func passes(_ buffer: UnsafeRawBufferPointer, allowingZeros: Bool) -> Bool {
        var index = 0
        while index < buffer.count {
            if index &+ 8 <= buffer.count,
                isPlain(buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            {
                index &+= 8
                continue
            }
            let length = sequenceLength(buffer, at: index)
            if length == 0 || (buffer[index] == 0 && !allowingZeros) { return false }
            index &+= length
        }
        return true
    }

    /// Whether all bytes are under 128.
    @inline(__always)
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index &+ 8 <= bytes.count {
            if ByteScan.markHigh(in: ByteScan.word(bytes, at: index)) != 0 { return false }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] > 0x7f { return false }
            index &+= 1
        }
        return true
    }

    /// Eight ASCII bytes, none of them zero.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let high: UInt64 = 0x8080_8080_8080_8080
        // Without bytes over 127, taking one from each byte sets a high bit only where there was a zero.
        return word & high == 0 && (word &- 0x0101_0101_0101_0101) & high == 0
    }

    /// - Returns: 0 for anything malformed.
    private static func sequenceLength(_ buffer: UnsafeRawBufferPointer, at index: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 {
            index &+ offset < buffer.count ? buffer[index &+ offset] : 0
        }
        func continues(_ offset: Int) -> Bool { byte(offset) & 0xc0 == 0x80 }
        let second = byte(1)
        switch byte(0) {
        case 0..<0x80: return 1
        case 0xc2...0xdf: return continues(1) ? 2 : 0
        case 0xe0: return 0xa0...0xbf ~= second && continues(2) ? 3 : 0
        case 0xed: return 0x80...0x9f ~= second && continues(2) ? 3 : 0
        case 0xe1...0xef: return continues(1) && continues(2) ? 3 : 0
        case 0xf0: return 0x90...0xbf ~= second && continues(2) && continues(3) ? 4 : 0
        case 0xf1...0xf3: return continues(1) && continues(2) && continues(3) ? 4 : 0
        case 0xf4: return 0x80...0x8f ~= second && continues(2) && continues(3) ? 4 : 0
        default: return 0
        }
    }
}
