/// One call of a batch: its method and its arguments, still as bytes.
package struct BatchItem: Sendable {
    package let method: String
    package let arguments: UnopenedArguments
}

/// Reads the items of a call of `<batch>` in order.
///
/// The shape of every item is checked, so that the batch can be refused as a whole; no argument is built.
package struct BatchReader {
    private var reader: ValueReader
    private var cursor: ValueReader.Cursor
    private let place: UnopenedArguments.Place
    private let maximum: Int

    /// - Parameter maximum: of items; one more is ``ValueError/Code/limitExceeded``.
    package init(_ call: CallEnvelope, maximum: Int) throws(ValueError) {
        reader = call.arguments.reader
        place = call.arguments.place
        self.maximum = maximum
        cursor = try reader.beginSequence()
    }

    /// How many items there should be, as far as the format tells.
    package var announced: Int { min(cursor.remaining ?? 0, maximum) }

    /// - Returns: nil behind the last one, when nothing wrong follows it.
    package mutating func next() throws(ValueError) -> BatchItem? {
        guard try reader.hasNext(&cursor) else {
            guard try KeywordArguments.read(behind: place, reader: &reader) == nil else {
                throw ValueError(.badCall, "a batch takes no keyword arguments")
            }
            return nil
        }
        guard cursor.count <= maximum else {
            throw ValueError(.limitExceeded, "more than \(maximum) calls in one batch")
        }
        return try readItem()
    }

    private mutating func readItem() throws(ValueError) -> BatchItem {
        var cursor = try reader.beginSequence()
        try CallEnvelope.requireNext(&cursor, of: &reader, "the method of a batch item")
        let method = try reader.readText()
        try CallEnvelope.requireNext(&cursor, of: &reader, "the positional arguments of a batch item")
        let arguments = UnopenedArguments(reader: reader, place: .item(cursor))
        try reader.skipValue()
        try CallEnvelope.requireNext(&cursor, of: &reader, "the keyword arguments of a batch item")
        try reader.skipValue()
        if try reader.hasNext(&cursor) {
            throw ValueError(.badCall, "a batch item has more than three members")
        }
        return BatchItem(method: method, arguments: arguments)
    }
}

extension CallEnvelope {
    /// The methods and the unopened arguments of a call of `<batch>`.
    package func batchItems(maximum: Int) throws(ValueError) -> [BatchItem] {
        var items: [BatchItem] = []
        var reader = try BatchReader(self, maximum: maximum)
        while let item = try reader.next() { items.append(item) }
        return items
    }
}
