/// Writes one value in one serializer's form, without building a tree first.
///
/// Containers are written in order: `begin…(count:)`, the members, `end…()`. A map's members alternate key, value.
/// The writer puts separators, headers and lengths where the format wants them. What a format cannot express
/// (complex numbers in json, text with lone surrogates in msgpack, …) throws ``ValueError/Code/notRepresentable``.
public struct ValueWriter: Sendable {
    public let format: SerializerFormat
    /// What is written so far.
    var sink: ByteSink
    /// The innermost open container of the text formats: what separates the next member.
    var innermost = OpenContainer.document
    /// The ones around it, outermost first.
    var outer: [OpenContainer] = []
    package var depth = 0
    package let maximumDepth: Int

    /// - Parameter reserving: the capacity to start with, in bytes.
    package init(format: SerializerFormat, reserving capacity: Int = 128, maximumDepth: Int = 200) {
        self.format = format
        self.maximumDepth = maximumDepth
        sink = ByteSink(capacity: capacity)
        if format == .serpent { serpentBeginDocument() }
    }

    /// Bytes to begin with for a list of small members, so that it grows seldom; not more than one large message needs.
    package static func room(forMembers count: Int) -> Int { min(max(count, 2), 1024) &* 64 }

    /// A copy of the bytes written so far.
    package var output: [UInt8] { sink.bytes }

    /// Hands over the bytes; the writer is of no use afterwards.
    package mutating func takeOutput() -> [UInt8] { sink.take() }

    /// How many bytes are written so far.
    package var count: Int { sink.count }

    /// A copy of the bytes from an index on.
    package func output(from start: Int) -> [UInt8] { sink.bytes(from: start) }

    /// Appends bytes that are no value of their own: lengths, or values that are written already.
    package mutating func append(raw bytes: [UInt8]) { sink.append(contentsOf: bytes) }

    /// Takes back what was written behind the first `count` bytes, half a value too: all containers are closed then.
    package mutating func rewind(to count: Int) {
        sink.rewind(to: count)
        innermost = .document
        outer.removeAll()
        depth = 0
    }

    public mutating func writeNone() throws(ValueError) {
        switch format {
        case .serpent: try serpentNone()
        case .json: try jsonNone()
        case .marshal: try marshalNone()
        case .msgpack: try msgpackNone()
        }
    }

    public mutating func write(_ value: Bool) throws(ValueError) {
        switch format {
        case .serpent: try serpentBool(value)
        case .json: try jsonBool(value)
        case .marshal: try marshalBool(value)
        case .msgpack: try msgpackBool(value)
        }
    }

    public mutating func write(_ value: Int64) throws(ValueError) {
        switch format {
        case .serpent: try serpentInt(value)
        case .json: try jsonInt(value)
        case .marshal: try marshalInt(value)
        case .msgpack: try msgpackInt(value)
        }
    }

    public mutating func write(_ value: UInt64) throws(ValueError) {
        if let small = Int64(exactly: value) { return try write(small) }
        switch format {
        case .serpent, .json, .marshal: try write(BigInteger(value))
        case .msgpack: try msgpackUInt(value)
        }
    }

    public mutating func write(_ value: BigInteger) throws(ValueError) {
        switch format {
        case .serpent: try serpentBigInt(value)
        case .json: try jsonBigInt(value)
        case .marshal: try marshalBigInt(value)
        case .msgpack: try msgpackBigInt(value)
        }
    }

    public mutating func write(_ value: Double) throws(ValueError) {
        switch format {
        case .serpent: try serpentFloat(value)
        case .json: try jsonFloat(value)
        case .marshal: try marshalFloat(value)
        case .msgpack: try msgpackFloat(value)
        }
    }

    public mutating func writeComplex(real: Double, imaginary: Double) throws(ValueError) {
        switch format {
        case .serpent: try serpentComplex(real, imaginary)
        case .json: throw .notRepresentable("complex number", in: .json)
        case .marshal: try marshalComplex(real, imaginary)
        case .msgpack: try msgpackComplex(real, imaginary)
        }
    }

    public mutating func write(_ value: String) throws(ValueError) {
        switch format {
        case .serpent: try serpentText(value)
        case .json: try jsonText(value)
        case .marshal: try marshalText(value)
        case .msgpack: try msgpackText(value)
        }
    }

    /// Writes bytes; in json the map `{"data": base64, "encoding": "base64"}` that serpent uses, since Python's
    /// json has no form for them and `serpent.tobytes` understands this one.
    public mutating func writeBytes(_ value: [UInt8]) throws(ValueError) {
        var failure: ValueError?
        value.withUnsafeBytes { bytes in
            do throws(ValueError) { try writeBytes(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// The same for bytes that are not in an array.
    public mutating func writeBytes(_ value: UnsafeRawBufferPointer) throws(ValueError) {
        switch format {
        case .serpent: try serpentBytes(value)
        case .json: try writeBase64Map(value)
        case .marshal: try marshalBytes(value)
        case .msgpack: try msgpackBytes(value)
        }
    }

    /// Writes text with lone surrogates, one number for each code point.
    package mutating func writeSurrogateText(_ points: [UInt32]) throws(ValueError) {
        switch format {
        case .serpent: try serpentSurrogateText(points)
        case .json, .msgpack: throw .notRepresentable("text with lone surrogates", in: format)
        case .marshal: try marshalSurrogateText(points)
        }
    }

    /// Writes a point in time without a time zone: seconds since 1970. The other formats have no form for it.
    public mutating func writeDateTime(_ seconds: Double) throws(ValueError) {
        guard format == .msgpack else { throw .notRepresentable("datetime", in: format) }
        try msgpackDateTime(seconds)
    }

    /// Writes a day as a proleptic Gregorian ordinal. The other formats have no form for it.
    public mutating func writeDate(_ ordinal: Int64) throws(ValueError) {
        guard format == .msgpack else { throw .notRepresentable("date", in: format) }
        try msgpackDate(ordinal)
    }

    package mutating func writeExtended(_ code: Int8, _ data: [UInt8]) throws(ValueError) {
        guard format == .msgpack else { throw .notRepresentable("msgpack extension", in: format) }
        try msgpackExtended(code, data)
    }

    private mutating func writeBase64Map(_ value: UnsafeRawBufferPointer) throws(ValueError) {
        try beginMap(count: 2)
        try write("data")
        _ = beginSlot()
        sink.append(UInt8(ascii: "\""))
        Base64.append(value, to: &sink)
        sink.append(UInt8(ascii: "\""))
        try write("encoding")
        try write("base64")
        try endMap()
    }

    /// Starts a list of exactly `count` members.
    public mutating func beginList(count: Int) throws(ValueError) {
        try enter()
        switch format {
        case .serpent: try serpentBeginList(count)
        case .json: try jsonBeginList(count)
        case .marshal: try marshalBeginList(count)
        case .msgpack: try msgpackBeginList(count)
        }
    }

    /// Starts a tuple; json and msgpack write a list.
    public mutating func beginTuple(count: Int) throws(ValueError) {
        try enter()
        switch format {
        case .serpent: try serpentBeginTuple(count)
        case .json: try jsonBeginList(count)
        case .marshal: try marshalBeginTuple(count)
        case .msgpack: try msgpackBeginList(count)
        }
    }

    /// Starts a set; json and msgpack write a list, serpent writes `()` for the empty one.
    public mutating func beginSet(count: Int, frozen: Bool = false) throws(ValueError) {
        try enter()
        switch format {
        case .serpent: try serpentBeginSet(count)
        case .json:
            if frozen { throw .notRepresentable("frozenset", in: .json) }
            try jsonBeginList(count)
        case .marshal: try marshalBeginSet(count, frozen: frozen)
        case .msgpack:
            if frozen { throw .notRepresentable("frozenset", in: .msgpack) }
            try msgpackBeginList(count)
        }
    }

    /// Starts a map of exactly `count` pairs.
    public mutating func beginMap(count: Int) throws(ValueError) {
        try enter()
        switch format {
        case .serpent: try serpentBeginMap(count)
        case .json: try jsonBeginMap(count)
        case .marshal: try marshalBeginMap(count)
        case .msgpack: try msgpackBeginMap(count)
        }
    }

    /// Ends the innermost list, tuple or set.
    public mutating func endSequence() throws(ValueError) {
        depth -= 1
        switch format {
        case .serpent: try serpentEndSequence()
        case .json: try jsonEndSequence()
        case .marshal, .msgpack: break
        }
    }

    public mutating func endMap() throws(ValueError) {
        depth -= 1
        switch format {
        case .serpent: try serpentEndMap()
        case .json: try jsonEndMap()
        case .marshal: try marshalEndMap()
        case .msgpack: break
        }
    }

    /// Writes a list of integers: as a loop over the members would, with one look at the format for all.
    mutating func writeList<T: FixedWidthInteger>(of integers: [T]) throws(ValueError) {
        try beginList(count: integers.count)
        switch format {
        case .msgpack: msgpackWriteMembers(integers)
        case .serpent, .json: textWriteMembers(integers)
        case .marshal: for integer in integers { try marshalInt(Int64(truncatingIfNeeded: integer)) }
        }
        try endSequence()
    }

    private mutating func enter() throws(ValueError) {
        depth += 1
        if depth > maximumDepth { throw .tooDeep(limit: maximumDepth) }
    }
}
