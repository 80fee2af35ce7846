/// A UUID that ties the calls of one piece of work together, also across servers.
package struct CorrelationID: Sendable, Hashable {
    /// The first eight bytes, big-endian.
    package let high: UInt64
    /// The last eight bytes, big-endian.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh id, a version 4 UUID.
    package static func random() -> Self {
        let high = UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(0b11 << 62) | (0b10 << 62)
        return Self(high: high, low: low)
    }

    /// The id that follows this one: as unlikely to be met elsewhere as the first of the row, and cheap.
    package var following: Self {
        Self(high: high, low: (low &+ 1) & ~(0b11 << 62) | (0b10 << 62))
    }

    /// Reads the 8-4-4-4-12 form, in either letter case.
    package init?(uuidString: some StringProtocol) {
        var words: [UInt64] = [0, 0]
        var digits = 0
        for (index, byte) in uuidString.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard index < 36, let digit = Self.value(ofHexDigit: byte) else { return nil }
            words[digits / 16] = words[digits / 16] << 4 | digit
            digits += 1
        }
        guard digits == 32 else { return nil }
        self.init(high: words[0], low: words[1])
    }

    private static func value(ofHexDigit byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension CorrelationID: CustomStringConvertible {
    /// The UUID in lower case.
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for position in 0..<32 {
            if position == 8 || position == 12 || position == 16 || position == 20 {
                text.append(UInt8(ascii: "-"))
            }
            let word = position < 16 ? high : low
            text.append(digits[Int(word >> UInt64(60 - (position % 16) * 4) & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
