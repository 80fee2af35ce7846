/// One call of a batch: its method and its arguments, still as bytes.
package struct BatchItem: Sendable {
    package let method: String
    package let arguments: UnopenedArguments
}

extension CallEnvelope {
    /// For a call of `<batch>`: the methods and the unopened arguments, in order.
    ///
    /// The shape of every item is checked, so a malformed one fails the whole batch; no argument is built.
    ///
    /// - Throws: ``ValueError/Code/limitExceeded`` for more than `maximum` items.
    package func batchItems(maximum: Int) throws(ValueError) -> [BatchItem] {
        var reader = arguments.reader
        var items: [BatchItem] = []
        var cursor = try reader.beginSequence()
        while try reader.hasNext(&cursor) {
            if items.count >= maximum {
                throw ValueError(.limitExceeded, "more than \(maximum) calls in one batch")
            }
            items.append(try Self.batchItem(&reader))
        }
        let keywords = try KeywordArguments(behind: arguments.place, reader: &reader)
        if !keywords.isEmpty { throw ValueError(.badCall, "a batch takes no keyword arguments") }
        return items
    }

    private static func batchItem(_ reader: inout ValueReader) throws(ValueError) -> BatchItem {
        var cursor = try reader.beginSequence()
        try requireNext(&cursor, of: &reader, "the method of a batch item")
        let method = try reader.readText()
        try requireNext(&cursor, of: &reader, "the positional arguments of a batch item")
        let arguments = UnopenedArguments(reader: reader, place: .item(cursor))
        try reader.skipValue()
        try requireNext(&cursor, of: &reader, "the keyword arguments of a batch item")
        try reader.skipValue()
        if try reader.hasNext(&cursor) {
            throw ValueError(.badCall, "a batch item has more than three members")
        }
        return BatchItem(method: method, arguments: arguments)
    }
}
