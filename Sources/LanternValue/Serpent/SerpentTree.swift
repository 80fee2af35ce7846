/// What goes along while a serpent value is read.
struct SerpentTree {
    /// False: check everything, return empty containers and text.
    let isKept: Bool
    /// Whether a map of the form `{'__class__': 'float', …}` was found.
    var hasFloatClass = false

    init(isKept: Bool) { self.isKept = isKept }

    /// The value with its `{'__class__': 'float', 'value': 'nan'}` maps as floats.
    ///
    /// As in Python, what lies inside another class dict or a map key stays as it is.
    static func givingFloats(_ value: Value) throws(ValueError) -> Value {
        switch value {
        case .list(let members): return .list(try givingFloats(members))
        case .tuple(let members): return .tuple(try givingFloats(members))
        case .map(let pairs):
            if let className = value["__class__"] {
                return className.textValue == "float" ? .float(try float(value["value"])) : value
            }
            var converted = pairs
            for index in converted.indices {
                converted[index].value = try givingFloats(converted[index].value)
            }
            return .map(converted)
        default: return value
        }
    }

    private static func givingFloats(_ members: [Value]) throws(ValueError) -> [Value] {
        var converted = members
        for index in converted.indices { converted[index] = try givingFloats(converted[index]) }
        return converted
    }

    /// Python's `float(value)`.
    private static func float(_ value: Value?) throws(ValueError) -> Double {
        switch value {
        case .bool(let bool): return bool ? 1 : 0
        case .float, .int, .bigInt: return try ValueReader.double(from: value ?? .none)
        case .text(let text): return try float(text)
        default: throw .malformed("a float without a value")
        }
    }

    private static func float(_ text: String) throws(ValueError) -> Double {
        var digits = Array(text.lowercased().utf8)[...]
        while let first = digits.first, first == 0x20 || 0x09...0x0d ~= first { digits.removeFirst() }
        while let last = digits.last, last == 0x20 || 0x09...0x0d ~= last { digits.removeLast() }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        let magnitude: Double
        switch String(decoding: digits, as: UTF8.self) {
        case "nan": magnitude = .nan
        case "inf", "infinity": magnitude = .infinity
        default:
            var reader = try ValueReader(format: .serpent, bytes: Array(digits))
            guard digits.first.map({ SerpentSyntax.isDigit($0) || $0 == UInt8(ascii: ".") }) == true,
                case .float(let number) = try reader.serpentDecimal(alwaysFloat: true),
                reader.position == digits.count
            else { throw .malformed("a float whose value is no number") }
            magnitude = number
        }
        return isNegative ? -magnitude : magnitude
    }
}

/// The members of a map or set while it is read; what Python takes for equal is there once.
struct SerpentEntries {
    let isKept: Bool
    private var unique = SetBuilder()
    private var map = MapBuilder()
    private(set) var isFloatClass = false

    init(isKept: Bool) { self.isKept = isKept }

    var members: [Value] { unique.members }
    var pairs: [ValuePair] { map.pairs }

    mutating func add(_ member: Value) {
        if isKept { unique.insert(member) }
    }

    mutating func add(_ key: Value, _ value: Value) {
        guard isKept else { return }
        if case .text(let text) = value, text == "float", key == .text("__class__") { isFloatClass = true }
        map.insert(key, value)
    }
}
