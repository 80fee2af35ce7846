import LanternValue

/// A value in the tagged form of the vector files, as far as it has a counterpart here.
///
/// Class dicts are the maps that travel: `exception` and `pyro` are written out. `datetime` is seconds since 1970
/// with the time zone of the generator, UTC.
indirect enum TaggedValue: Decodable, Sendable {
    case value(Value)
    /// A Python type that only the sender knows (Decimal, UUID, array, …); what it becomes is in `decoded`.
    case foreign(String)

    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    private enum Key: String, CodingKey {
        case t, v, x, re, im, cp, `repeat`, kind, depth, `class`, args, attributes, state, code
    }

    private struct Foreign: Error { let tag: String }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let tag = try fields.decode(String.self, forKey: .t)
        do {
            self = .value(try Self.read(tag, fields))
        } catch let foreign as Foreign {
            self = .foreign(foreign.tag)
        }
    }

    private typealias Fields = KeyedDecodingContainer<Key>

    private static func read(_ tag: String, _ fields: Fields) throws -> Value {
        switch tag {
        case "none": return .none
        case "ellipsis": return .ellipsis
        case "bool": return .bool(try fields.decode(Bool.self, forKey: .v))
        case "int": return try integer(fields)
        case "float": return .float(try float(fields, .v))
        case "complex": return .complex(real: try float(fields, .re), imaginary: try float(fields, .im))
        case "str": return try text(fields)
        case "bytes", "bytearray": return .bytes(try bytes(fields))
        case "list": return .list(try members(fields))
        case "tuple": return .tuple(try members(fields))
        case "set": return .set(try members(fields))
        case "frozenset": return .frozenSet(try members(fields))
        case "dict": return .map(try pairs(fields, .v))
        case "nest": return try nest(fields)
        case "datetime":
            let text = try fields.decode(String.self, forKey: .v)
            // With a zone ("+01:00" at the end) only the text formats carry it, as text.
            guard
                text.suffix(from: text.index(text.startIndex, offsetBy: 10)).allSatisfy({ !"+-".contains($0) }
                )
            else { throw Foreign(tag: tag) }
            return .dateTime(DateFields(text).seconds)
        case "date": return .date(ordinal: try DateFields(fields.decode(String.self, forKey: .v)).ordinal)
        case "exception": return try exception(fields)
        case "pyro":
            return [
                "__class__": .text(try fields.decode(String.self, forKey: .class)),
                "state": try plain(fields.decode(TaggedValue.self, forKey: .state)),
            ]
        case "object" where try fields.decode(String.self, forKey: .class) == "msgpack.ext.Timestamp":
            let parts = Value.map(try pairs(fields, .v))
            return .dateTime(
                Double(parts["seconds"]?.intValue ?? 0) + Double(parts["nanoseconds"]?.intValue ?? 0) / 1e9)
        case "ext":
            let code = try fields.decode(Int8.self, forKey: .code)
            return .extended(code: code, try bytes(fields))
        default: throw Foreign(tag: tag)
        }
    }

    private static func plain(_ tagged: TaggedValue) throws -> Value {
        switch tagged {
        case .value(let value): return value
        case .foreign(let tag): throw Foreign(tag: tag)
        }
    }

    private static func integer(_ fields: Fields) throws -> Value {
        if let digits = try fields.decodeIfPresent(String.self, forKey: .v) {
            return Value(try require(BigInteger(decimal: digits)))
        }
        let hex = try fields.decode(String.self, forKey: .x)
        let isNegative = hex.hasPrefix("-")
        var digits = Array(hex.utf8.drop { $0 != UInt8(ascii: "x") }.dropFirst())
        var magnitude: [UInt32] = []
        while !digits.isEmpty {
            magnitude.append(
                try require(UInt32(String(decoding: digits.suffix(8), as: UTF8.self), radix: 16)))
            digits.removeLast(min(8, digits.count))
        }
        return Value(BigInteger(isNegative: isNegative, magnitude: magnitude))
    }

    private static func float(_ fields: Fields, _ key: Key) throws -> Double {
        Double(bitPattern: try require(UInt64(try fields.decode(String.self, forKey: key), radix: 16)))
    }

    private static func text(_ fields: Fields) throws -> Value {
        if let points = try fields.decodeIfPresent([UInt32].self, forKey: .cp) {
            return .surrogateText(points)
        }
        if fields.contains(.repeat) {
            var pair = try fields.nestedUnkeyedContainer(forKey: .repeat)
            return .text(String(repeating: try pair.decode(String.self), count: try pair.decode(Int.self)))
        }
        return .text(try fields.decode(String.self, forKey: .v))
    }

    private static func bytes(_ fields: Fields) throws -> [UInt8] {
        if fields.contains(.repeat) {
            var pair = try fields.nestedUnkeyedContainer(forKey: .repeat)
            let part = try require([UInt8](hex: try pair.decode(String.self)))
            return Array(repeatElement(part, count: try pair.decode(Int.self)).joined())
        }
        return try require([UInt8](hex: try fields.decode(String.self, forKey: .v)))
    }

    private static func members(_ fields: Fields) throws -> [Value] {
        if fields.contains(.repeat) {
            var pair = try fields.nestedUnkeyedContainer(forKey: .repeat)
            let member = try plain(pair.decode(TaggedValue.self))
            return Array(repeating: member, count: try pair.decode(Int.self))
        }
        return try fields.decode([TaggedValue].self, forKey: .v).map(plain)
    }

    private static func pairs(_ fields: Fields, _ key: Key) throws -> [ValuePair] {
        try fields.decode([[TaggedValue]].self, forKey: key).map { pair in
            ValuePair(try plain(pair[0]), try plain(pair[1]))
        }
    }

    private static func nest(_ fields: Fields) throws -> Value {
        let kind = try fields.decode(String.self, forKey: .kind)
        var value = try plain(fields.decode(TaggedValue.self, forKey: .v))
        for _ in 0..<(try fields.decode(Int.self, forKey: .depth)) {
            switch kind {
            case "list": value = .list([value])
            case "tuple": value = .tuple([value])
            default: value = ["k": value]
            }
        }
        return value
    }

    private static func exception(_ fields: Fields) throws -> Value {
        let arguments = try fields.decode([TaggedValue].self, forKey: .args).map(plain)
        return [
            "__class__": .text(try fields.decode(String.self, forKey: .class)),
            "__exception__": true,
            "args": .tuple(arguments),
            "attributes": .map(try pairs(fields, .attributes)),
        ]
    }

    private struct Unreadable: Error {}

    private static func require<T>(_ value: T?) throws -> T {
        guard let value else { throw Unreadable() }
        return value
    }
}

/// `2020-01-02T03:04:05.000006` in the vector files: naive, taken as UTC.
private struct DateFields {
    let ordinal: Int64
    let seconds: Double

    init(_ text: String) {
        let numbers = text.split { "-T:.".contains($0) }.map(String.init)
        let part = { (index: Int) in index < numbers.count ? Int64(numbers[index]) ?? 0 : 0 }
        var days: Int64 = 0
        let before = part(0) - 1
        days += before * 365 + before / 4 - before / 100 + before / 400
        let isLeap = part(0) % 4 == 0 && (part(0) % 100 != 0 || part(0) % 400 == 0)
        let months: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        days += months.prefix(Int(part(1)) - 1).reduce(0, +) + part(2)
        ordinal = days
        let whole = (days - 719_163) * 86400 + part(3) * 3600 + part(4) * 60 + part(5)
        // The two roundings of CPython's datetime.timestamp().
        seconds = Double(whole) + Double(numbers.count > 6 ? part(6) : 0) / 1e6
    }
}
