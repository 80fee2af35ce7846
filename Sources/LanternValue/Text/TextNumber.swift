/// Floats from their decimal text.
enum TextNumber {
    /// Powers of ten that a double holds exactly.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18,
        1e19, 1e20, 1e21, 1e22,
    ]

    /// The nearest double; infinity when it is too large, zero when it is too small.
    ///
    /// - Parameter text: sign, digits, point and exponent as both formats have them, already checked.
    static func double(_ text: ArraySlice<UInt8>) -> Double {
        if let exact = exact(text) { return exact }
        // Python takes "1." and ".5", the standard library wants digits on both sides of the point.
        var complete: [UInt8] = []
        complete.reserveCapacity(text.count + 2)
        for byte in text {
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            let follows = complete.last == UInt8(ascii: ".")
            if byte == UInt8(ascii: "."), !endsInDigit(complete) { complete.append(UInt8(ascii: "0")) }
            if follows, !isDigit { complete.append(UInt8(ascii: "0")) }
            complete.append(byte)
        }
        if complete.last == UInt8(ascii: ".") { complete.append(UInt8(ascii: "0")) }
        return Double(String(decoding: complete, as: UTF8.self)) ?? .nan
    }

    /// The nearest double to `mantissa / 10^places`, when one division of two exact doubles gives it.
    @inline(__always)
    static func exact(_ mantissa: UInt64, places: Int) -> Double? {
        guard mantissa <= 1 << 53, places <= 22 else { return nil }
        return Double(mantissa) / powers[places]
    }

    private static func endsInDigit(_ bytes: [UInt8]) -> Bool {
        guard let last = bytes.last else { return false }
        return last >= UInt8(ascii: "0") && last <= UInt8(ascii: "9")
    }

    /// Up to 15 digits and a small power of ten: one exact multiplication or division.
    private static func exact(_ text: ArraySlice<UInt8>) -> Double? {
        var mantissa: UInt64 = 0
        var digits = 0
        var scale = 0
        var isNegative = false
        var afterPoint = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): afterPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
                if mantissa > 0 { digits += 1 }
                if afterPoint { scale += 1 }
                if digits > 15 || scale > 22 { return nil }
            default: return nil
            }
        }
        let value = scale == 0 ? Double(mantissa) : Double(mantissa) / powers[scale]
        return isNegative ? -value : value
    }
}
