/// Any datum that a Python peer can send through a safe serializer.
///
/// Two values are equal when a receiver could not tell them apart: floats compare by bit pattern (so NaN equals
/// itself), maps by their pairs in order. Class dicts (exceptions, URIs, proxies) are maps with a `__class__` key
/// here; giving them a meaning is the business of the layers above.
public enum Value: Sendable {
    case none
    case bool(Bool)
    case int(Int64)
    /// An integer outside the 64 bit range. Use ``init(_:)-(BigInteger)`` to get the smallest case.
    case bigInt(BigInteger)
    case float(Double)
    case complex(real: Double, imaginary: Double)
    case text(String)
    /// Text with lone surrogates, which Swift's `String` cannot hold: one number for each code point.
    case surrogateText([UInt32])
    case bytes([UInt8])
    case list([Value])
    case tuple([Value])
    /// Members in the order of their arrival; the order has no meaning.
    case set([Value])
    case frozenSet([Value])
    case map([ValuePair])
    /// A point in time without a time zone, as Python's naive `datetime` (msgpack only): seconds since 1970.
    case dateTime(Double)
    /// A day, as a proleptic Gregorian ordinal: 0001-01-01 is 1 (msgpack only).
    case date(ordinal: Int64)
    /// A msgpack extension that nothing here gives a meaning to.
    case extended(code: Int8, [UInt8])
    /// Python's `...` (serpent only).
    case ellipsis
}

/// One entry of a ``Value/map(_:)``.
public struct ValuePair: Sendable, Hashable {
    public var key: Value
    public var value: Value

    public init(_ key: Value, _ value: Value) {
        self.key = key
        self.value = value
    }
}

/// The kinds that a reader can tell apart before it reads.
public enum ValueKind: Sendable, Hashable {
    case none, bool, int, float, complex, text, bytes, list, tuple, set, frozenSet, map, dateTime, date
    case extended, ellipsis
}
