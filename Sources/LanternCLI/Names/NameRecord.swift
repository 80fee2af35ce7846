import Lantern

/// One name as the name server lists it.
struct NameRecord {
    let name: String
    let uri: String
    let tags: [String]

    var value: Value {
        .map([ValuePair("uri", .text(uri)), ValuePair("tags", .list(tags.map { .text($0) }))])
    }

    /// Reads a listing with metadata, sorted by name.
    ///
    /// - Throws: ``LanternError/Code/protocolViolation``.
    static func records(in answer: Value) throws -> [NameRecord] {
        guard let pairs = answer.pairs else { throw unexpected }
        return try pairs.map { pair in
            guard let name = pair.key.textValue, let parts = pair.value.elements, parts.count == 2,
                let uri = parts[0].textValue
            else { throw unexpected }
            return NameRecord(
                name: name, uri: uri, tags: (parts[1].elements ?? []).compactMap(\.textValue).sorted())
        }.sorted { $0.name < $1.name }
    }

    /// As a table, or as one JSON object.
    static func print(_ names: [NameRecord], json: Bool) throws {
        if json {
            return Output.line(try JSONForm.text(.map(names.map { ValuePair(.text($0.name), $0.value) })))
        }
        var table = Table("NAME", "URI", "TAGS")
        for entry in names {
            table.add([entry.name, entry.uri, entry.tags.joined(separator: " ")].map(Shown.text))
        }
        table.print()
    }

    private static let unexpected = LanternError(
        .protocolViolation, "the name server's listing is not a dict of names with URI and tags")
}
