public import LanternValue

/// Takes the one result of a call and writes it in the caller's serializer; nothing written means `None`.
public struct ReplyWriter: Sendable {
    package private(set) var outcome = Outcome.nothing
    private let classes: ClassTable?
    private var writer: ValueWriter
    /// Where this result starts: behind those of the calls before it in a batch.
    private var start = 0

    package enum Outcome: Sendable {
        case nothing
        /// The result is in the writer.
        case written
        /// A result that was written elsewhere.
        case encoded([UInt8])
        indirect case stream(any ItemStream)
    }

    package init(format: SerializerFormat, classes: ClassTable? = nil, reserving capacity: Int = 128) {
        writer = ValueWriter(format: format, reserving: capacity)
        self.classes = classes
    }

    package var format: SerializerFormat { writer.format }

    public mutating func write<T: RemoteCodable>(_ value: T) throws {
        try value.write(to: &writer)
        outcome = .written
    }

    @_disfavoredOverload
    public mutating func write<T: Encodable>(_ value: T) throws {
        try write(ValueEncoder(classes: classes).encode(value))
    }

    /// The stream's items follow as the caller reads them.
    public mutating func write<T>(_ stream: RemoteStream<T>) throws {
        outcome = .stream(stream)
    }

    /// A result that is written already, in this writer's serializer.
    package mutating func write(encoded: [UInt8]) {
        outcome = .encoded(encoded)
    }

    /// The result's bytes; `None` when nothing was written. The writer is of no use afterwards.
    package mutating func takePayload() throws -> [UInt8] {
        switch outcome {
        case .encoded(let bytes): return bytes
        case .written: return writer.takeOutput()
        case .nothing, .stream:
            try writer.writeNone()
            return writer.takeOutput()
        }
    }
}

extension ReplyWriter {
    /// The same writer for the next result, which follows right behind this one.
    ///
    /// Only in msgpack: documents of the other formats have parts that members of a list have not.
    fileprivate mutating func next() throws {
        switch outcome {
        case .encoded(let bytes): writer.append(raw: bytes)
        case .written: break
        case .nothing, .stream: try writer.writeNone()
        }
        outcome = .nothing
        start = writer.count
    }

    /// Forgets the result or what there is of it.
    fileprivate mutating func forget() {
        writer.rewind(to: start)
        outcome = .nothing
    }

    fileprivate mutating func takeAll() -> [UInt8] { writer.takeOutput() }
}

/// The results of a batch, one list in the caller's serializer.
struct BatchReply {
    /// Takes the result of the next call.
    var item: ReplyWriter
    private let classes: ClassTable?
    private let limits: DecodingLimits
    private var count = 0
    /// Those of the formats whose results do not simply follow each other.
    private var values: [Value] = []

    /// - Parameter calls: how many results there will be, at most.
    init(calls: Int, format: SerializerFormat, classes: ClassTable?, limits: DecodingLimits) {
        let room = format == .msgpack ? ValueWriter.room(forMembers: calls) : 128
        item = ReplyWriter(format: format, classes: classes, reserving: room)
        self.classes = classes
        self.limits = limits
    }

    private var format: SerializerFormat { item.format }

    /// - Throws: when the call's result has no place in a batch.
    mutating func endItem() throws {
        if case .stream = item.outcome {
            throw RemoteError(
                type: "builtins.TypeError", message: "an item stream cannot be the result of a batched call")
        }
        if format == .msgpack {
            try item.next()
        } else {
            values.append(try decode(item.takePayload(), as: format, limits: limits))
            item = ReplyWriter(format: format, classes: classes)
        }
        count += 1
    }

    /// Ends a failed call with this in place of a result.
    mutating func endItem(with value: Value) throws {
        if format == .msgpack {
            item.forget()
        } else {
            item = ReplyWriter(format: format, classes: classes)
        }
        try item.write(value)
        try endItem()
    }

    /// The whole list; no further item can follow.
    mutating func encoded() throws -> [UInt8] {
        guard format == .msgpack else { return try encode(.list(values), as: format) }
        let members = item.takeAll()
        var writer = ValueWriter(format: format, reserving: members.count + 8)
        try writer.beginList(count: count)
        writer.append(raw: members)
        return writer.takeOutput()
    }
}
