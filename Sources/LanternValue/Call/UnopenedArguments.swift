/// The arguments of one call, still as bytes: nothing of them has been decoded.
package struct UnopenedArguments: Sendable {
    init(reader: ValueReader, place: Place) {
        self.reader = reader
        self.place = place
    }

    /// Stands in front of the positional arguments.
    let reader: ValueReader
    let place: Place
    /// Set when the one argument is a blob; the reader then has none to give.
    package internal(set) var blob: BlobCall?

    /// Where the keyword arguments are, and what has to follow them.
    enum Place: Sendable {
        /// Behind the positional ones, as the last of the call's four members; then the document ends.
        case document(ValueReader.Cursor)
        /// Behind the positional ones, as the last of a batch item's three members.
        case item(ValueReader.Cursor)
        /// Somewhere else; the document around both has been checked.
        indirect case separate(keywords: ValueReader)
    }

    /// Decodes everything, for objects that take any arguments.
    package func values() throws(ValueError) -> (positional: [Value], keywords: [(String, Value)]) {
        var arguments = ArgumentReader(opening: self)
        return try arguments.remainingValues()
    }
}
