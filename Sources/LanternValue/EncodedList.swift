/// One list out of documents that are written already, as the results of a batch are.
package struct EncodedList: Sendable {
    private let format: SerializerFormat
    private let limits: DecodingLimits
    /// msgpack: the members as they stand in the list, one behind the other.
    private var bytes: [UInt8] = []
    /// Other formats: a document has parts that a member has not, so it becomes a value again.
    private var values: [Value] = []
    package private(set) var count = 0

    package init(format: SerializerFormat, limits: DecodingLimits = .init()) {
        self.format = format
        self.limits = limits
    }

    package mutating func append(document: [UInt8]) throws(ValueError) {
        if format == .msgpack {
            bytes.append(contentsOf: document)
        } else {
            values.append(try decode(document, as: format, limits: limits))
        }
        count += 1
    }

    package func encoded() throws(ValueError) -> [UInt8] {
        guard format == .msgpack else { return try encode(.list(values), as: format) }
        var writer = ValueWriter(format: format, reserving: bytes.count + 8)
        try writer.beginList(count: count)
        writer.sink.append(contentsOf: bytes)
        try writer.endSequence()
        return writer.takeOutput()
    }
}
