import Lantern

/// A result in columns: a list of maps has a column for each key, a map two, everything else one.
enum ResultTable {
    static func table(of value: Value) throws -> Table {
        let value = JSONForm.readable(value)
        if let pairs = value.pairs, value.bytesValue == nil {
            var table = Table("KEY", "VALUE")
            for pair in pairs { table.add([cell(pair.key), cell(pair.value)]) }
            return table
        }
        guard let rows = value.elements else {
            var table = Table("RESULT")
            table.add([cell(value)])
            return table
        }
        let keys = columns(of: rows)
        guard !keys.isEmpty else {
            var table = Table("RESULT")
            for row in rows { table.add([cell(row)]) }
            return table
        }
        var table = Table(header: keys)
        for row in rows { table.add(keys.map { row[$0].map(cell) ?? "" }) }
        return table
    }

    /// The keys of all rows in the order in which they come; none unless every row is a map.
    private static func columns(of rows: [Value]) -> [String] {
        guard rows.allSatisfy({ $0.pairs != nil && $0.bytesValue == nil }) else { return [] }
        var keys: [String] = []
        for key in rows.flatMap({ $0.pairs ?? [] }).compactMap(\.key.textValue) where !keys.contains(key) {
            keys.append(key)
        }
        return keys
    }

    /// Texts as they are, without what would move a terminal's cursor; all else as JSON.
    private static func cell(_ value: Value) -> String {
        guard let text = value.textValue else { return (try? JSONForm.text(value)) ?? "?" }
        return Shown.text(text)
    }
}
