/// Finds the map keys and set members that Python takes for the same one: `1`, `1.0` and `True` are.
struct PythonKeys {
    /// Up to here a linear search beats a table.
    private static let fewKeys = 8

    private var keys: [Value] = []
    private var places: [Value: Int] = [:]

    /// The place of an equal key that came before; otherwise takes this one as the next.
    mutating func place(of key: Value) -> Int? {
        let key = Self.normal(key)
        if keys.count <= Self.fewKeys {
            if let place = keys.firstIndex(of: key) { return place }
        } else if let place = places[key] {
            return place
        }
        if keys.count >= Self.fewKeys {
            if places.isEmpty { for (place, known) in keys.enumerated() { places[known] = place } }
            places[key] = keys.count
        }
        keys.append(key)
        return nil
    }

    /// Numbers in the smallest type that holds them, so that equal ones look the same.
    private static func normal(_ key: Value) -> Value {
        switch key {
        case .bool(let bool): .int(bool ? 1 : 0)
        case .float(let number): normal(number)
        case .complex(let real, let imaginary):
            imaginary == 0 ? normal(real) : .complex(real: real + 0, imaginary: imaginary + 0)
        case .tuple(let members): .tuple(members.map { normal($0) })
        default: key
        }
    }

    private static func normal(_ number: Double) -> Value {
        if let integer = Int64(exactly: number) { return .int(integer) }
        guard number.isFinite, number.magnitude >= 9_223_372_036_854_775_808 else { return .float(number) }
        // Over 2^63 every double is whole: its 53 digits, shifted.
        let shift = Int(number.exponent) &- 52
        let digits = number.significandBitPattern | 1 << 52
        var magnitude = [UInt32](repeating: 0, count: shift / 32)
        let low = digits << UInt64(shift % 32)
        let high = shift % 32 == 0 ? 0 : digits >> UInt64(64 &- shift % 32)
        for part in [low & 0xffff_ffff, low >> 32, high] {
            magnitude.append(UInt32(truncatingIfNeeded: part))
        }
        return Value(BigInteger(isNegative: number < 0, magnitude: magnitude))
    }
}
