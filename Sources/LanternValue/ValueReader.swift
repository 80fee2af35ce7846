/// Reads values of one serializer's form from bytes, without building a tree unless asked to.
///
/// A reader never reads past its bytes, never allocates from an announced size before the bytes are there, and
/// never traps: whatever is wrong with the input is a ``ValueError``.
public struct ValueReader: Sendable {
    public let format: SerializerFormat
    package let bytes: ByteSource
    /// Index of the next byte to read.
    package var position: Int
    package let limits: DecodingLimits
    package var depth = 0
    package var nodes = 0
    /// Marshal's remembered objects: where each one starts, in order of appearance.
    package var remembered: [Int] = []
    /// How many marshal references are being followed: what is read again is not remembered again.
    package var replaying = 0

    /// A place inside a sequence or map that is being read.
    public struct Cursor: Sendable {
        /// Members still to come, or nil when only the text tells.
        @usableFromInline package var remaining: Int?
        /// The closing byte of the text formats.
        package var closing: UInt8
        package var isFirst = true
        /// Where to go on after the last member (marshal references), if not simply behind it.
        package var returnPosition: Int?
        /// How many members have been read.
        public package(set) var count = 0
        package let kind: ValueKind

        package init(
            kind: ValueKind, remaining: Int? = nil, closing: UInt8 = 0, returnPosition: Int? = nil
        ) {
            self.kind = kind
            self.remaining = remaining
            self.closing = closing
            self.returnPosition = returnPosition
        }
    }

    package init(
        format: SerializerFormat, bytes: [UInt8], limits: DecodingLimits = .init()
    ) throws(ValueError) {
        try self.init(format: format, source: ByteSource(bytes), limits: limits)
    }

    package init(
        format: SerializerFormat, source bytes: ByteSource, limits: DecodingLimits = .init()
    ) throws(ValueError) {
        self.format = format
        self.bytes = bytes
        self.limits = limits
        position = 0
        try beginDocument()
    }

    /// The kind of the next value; nothing is consumed (except white space).
    public mutating func peekKind() throws(ValueError) -> ValueKind {
        switch format {
        case .serpent: try serpentPeekKind()
        case .json: try jsonPeekKind()
        case .marshal: try marshalPeekKind()
        case .msgpack: try msgpackPeekKind()
        }
    }

    /// Reads the next value as a tree.
    public mutating func readValue() throws(ValueError) -> Value {
        switch format {
        case .serpent: try serpentReadValue()
        case .json: try jsonReadValue()
        case .marshal: try marshalReadValue()
        case .msgpack: try msgpackReadValue()
        }
    }

    /// Passes over the next value: checks its shape, keeps nothing.
    package mutating func skipValue() throws(ValueError) {
        switch format {
        case .serpent: try serpentSkipValue()
        case .json: try jsonSkipValue()
        case .marshal: try marshalSkipValue()
        case .msgpack: try msgpackSkipValue()
        }
    }

    /// Takes `None` if it comes next, and tells whether it did.
    public mutating func readNone() throws(ValueError) -> Bool {
        switch format {
        case .serpent: try serpentReadNone()
        case .json: try jsonReadNone()
        case .marshal: try marshalReadNone()
        case .msgpack: try msgpackReadNone()
        }
    }

    public mutating func readBool() throws(ValueError) -> Bool {
        switch format {
        case .serpent: try serpentReadBool()
        case .json: try jsonReadBool()
        case .marshal: try marshalReadBool()
        case .msgpack: try msgpackReadBool()
        }
    }

    /// Reads an integer. A float is refused, even a whole one; a bool too.
    /// - Throws: ``ValueError/Code/wrongType`` when it is no integer or does not fit 64 signed bits.
    public mutating func readInt() throws(ValueError) -> Int64 {
        switch format {
        case .serpent: try serpentReadInt()
        case .json: try jsonReadInt()
        case .marshal: try marshalReadInt()
        case .msgpack: try msgpackReadInt()
        }
    }

    /// Reads a float; integers are taken too, as Python does.
    public mutating func readDouble() throws(ValueError) -> Double {
        switch format {
        case .serpent: try serpentReadDouble()
        case .json: try jsonReadDouble()
        case .marshal: try marshalReadDouble()
        case .msgpack: try msgpackReadDouble()
        }
    }

    /// Reads text.
    /// - Throws: ``ValueError/Code/wrongType`` for text with lone surrogates, which a `String` cannot hold.
    public mutating func readText() throws(ValueError) -> String {
        switch format {
        case .serpent: try serpentReadText()
        case .json: try jsonReadText()
        case .marshal: try marshalReadText()
        case .msgpack: try msgpackReadText()
        }
    }

    /// Reads bytes; in serpent and json also the form `{'data': base64, 'encoding': 'base64'}`.
    public mutating func readBytes() throws(ValueError) -> [UInt8] {
        switch format {
        case .serpent: try serpentReadBytes()
        case .json: try jsonReadBytes()
        case .marshal: try marshalReadBytes()
        case .msgpack: try msgpackReadBytes()
        }
    }

    /// Takes bytes that stand in the message as they are, for whoever can use them there.
    ///
    /// - Returns: where they are and what keeps them; nil, with nothing taken, in the text formats and for a list of
    ///   integers in place of bytes.
    package mutating func readSharedBytes() throws(ValueError) -> (range: Range<Int>, owner: AnyObject)? {
        switch format {
        case .serpent, .json: return nil
        case .marshal:
            guard try peekKind() == .bytes else { return nil }
            return (try marshalReadBytesRange(), bytes.owner)
        case .msgpack:
            guard try peekKind() == .bytes else { return nil }
            return (try msgpackReadBytesRange(), bytes.owner)
        }
    }

    /// Lends the bytes of a range that ``readSharedBytes()`` returned.
    package func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        bytes.withBytes(range, body)
    }

    /// Enters a list, tuple or set of any kind.
    public mutating func beginSequence() throws(ValueError) -> Cursor {
        switch format {
        case .serpent: try serpentBeginSequence()
        case .json: try jsonBeginSequence()
        case .marshal: try marshalBeginSequence()
        case .msgpack: try msgpackBeginSequence()
        }
    }

    /// Reads a list of integers: as a loop over the members would, with one look at the format for most.
    mutating func readList<T: FixedWidthInteger & RemoteCodable>() throws(ValueError) -> [T] {
        var cursor = try beginSequence()
        var members: [T] = []
        if format == .msgpack, let count = cursor.remaining {
            // Each member has at least one byte, which is there, and `descend` has counted it: nothing is reserved that
            // the message could not fill.
            members = Array(unsafeUninitializedCapacity: count) { room, initialized in
                initialized = msgpackReadMembers(into: UnsafeMutableBufferPointer(rebasing: room[..<count]))
            }
            cursor.remaining = count &- members.count
            cursor.count = members.count
        }
        while try hasNext(&cursor) { members.append(try T(from: &self)) }
        return members
    }

    /// Enters a map; keys and values then alternate.
    public mutating func beginMap() throws(ValueError) -> Cursor {
        switch format {
        case .serpent: try serpentBeginMap()
        case .json: try jsonBeginMap()
        case .marshal: try marshalBeginMap()
        case .msgpack: try msgpackBeginMap()
        }
    }

    /// Whether another member (or key) follows; leaves the container when none does.
    public mutating func hasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool {
        switch format {
        case .serpent: try serpentHasNext(&cursor)
        case .json: try jsonHasNext(&cursor)
        case .marshal: try marshalHasNext(&cursor)
        case .msgpack: try msgpackHasNext(&cursor)
        }
    }

    /// Call between a key and its value.
    public mutating func beginMapValue() throws(ValueError) {
        switch format {
        case .serpent: try serpentBeginMapValue()
        case .json: try jsonBeginMapValue()
        case .marshal, .msgpack: break
        }
    }

    /// Checks that nothing follows the value but what the format lets follow.
    public mutating func endDocument() throws(ValueError) {
        switch format {
        case .serpent: try serpentEndDocument()
        case .json: try jsonEndDocument()
        case .marshal: break  // Python ignores what follows
        case .msgpack: try msgpackEndDocument()
        }
    }

    private mutating func beginDocument() throws(ValueError) {
        switch format {
        case .serpent: try serpentBeginDocument()
        case .json: try jsonBeginDocument()
        case .marshal, .msgpack: break
        }
    }
}
