/// The keyword arguments of one call: their names, and where each value starts.
///
/// A name that comes twice counts once, with its last value, as in Python. `None` in place of the map (attribute
/// access, batches) is no keywords.
struct KeywordArguments: Sendable {
    private struct Entry: Sendable {
        let name: String
        let position: Int
        var isTaken = false
    }

    private var entries: [Entry] = []
    /// Inside the map; only its position has to be set before a value is read.
    private var reader: ValueReader

    /// Passes over the keyword arguments and checks what has to follow them.
    ///
    /// - Parameter reader: stands behind the positional arguments.
    /// - Returns: nil when there are none.
    static func read(
        behind place: UnopenedArguments.Place, reader: inout ValueReader
    ) throws(ValueError) -> Self? {
        switch place {
        case .document(var cursor):
            try CallEnvelope.requireNext(&cursor, of: &reader, "the keyword arguments")
            let keywords = try read(&reader)
            if try reader.hasNext(&cursor) { throw ValueError(.badCall, "a call has more than four members") }
            try reader.endDocument()
            return keywords
        case .item(var cursor):
            try CallEnvelope.requireNext(&cursor, of: &reader, "the keyword arguments")
            let keywords = try read(&reader)
            if try reader.hasNext(&cursor) {
                throw ValueError(.badCall, "a batch item has more than three members")
            }
            return keywords
        case .separate(var elsewhere):
            return try read(&elsewhere)
        }
    }

    private static func read(_ reader: inout ValueReader) throws(ValueError) -> Self? {
        if try reader.readNone() { return nil }
        var cursor = try reader.beginMap()
        guard try reader.hasNext(&cursor) else { return nil }
        return try Self(reading: &reader, cursor)
    }

    /// - Parameter reader: inside the map, in front of its first key.
    private init(reading reader: inout ValueReader, _ cursor: ValueReader.Cursor) throws(ValueError) {
        var cursor = cursor
        self.reader = reader
        let (depth, nodes) = (reader.depth, reader.nodes)
        repeat {
            let name = try reader.readText()
            try reader.beginMapValue()
            entries.append(Entry(name: name, position: reader.position))
            try reader.skipValue()
        } while try reader.hasNext(&cursor)
        // What marshal remembered along the way stays known; the depth is the one inside the map.
        self.reader = reader
        self.reader.depth = depth
        self.reader.nodes = nodes
    }

    /// A reader in front of the value of that name, which then counts as taken.
    mutating func take(_ name: String) -> ValueReader? {
        var found: Int?
        for index in entries.indices where entries[index].name.utf8.elementsEqual(name.utf8) {
            entries[index].isTaken = true
            found = entries[index].position
        }
        guard let found else { return nil }
        var reader = reader
        reader.position = found
        return reader
    }

    /// The first name that nobody took.
    var firstLeft: String? { entries.first { !$0.isTaken }?.name }

    /// Decodes all that nobody took.
    mutating func takeValues() throws(ValueError) -> [(String, Value)] {
        // Of the entries with one name the last one counts, at the place of the first.
        var places: [ExactName: Int] = [:]
        var positions: [(name: String, position: Int)] = []
        for index in entries.indices where !entries[index].isTaken {
            let entry = entries[index]
            entries[index].isTaken = true
            if let place = places.updateValue(positions.count, forKey: ExactName(entry.name)) {
                places[ExactName(entry.name)] = place
                positions[place].position = entry.position
            } else {
                positions.append((entry.name, entry.position))
            }
        }
        var values: [(String, Value)] = []
        for (name, position) in positions {
            var reader = reader
            reader.position = position
            values.append((name, try reader.readValue()))
        }
        return values
    }
}

/// A name that is equal only to the same code points, as in Python; `String` takes `é` and `e` with an accent as one.
private struct ExactName: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
