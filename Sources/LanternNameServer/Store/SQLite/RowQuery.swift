import Foundation
import GRDB

/// Finds the rows that a filter means, by index: sorted by name.
struct RowQuery {
    let db: Database
    let limits: ResultLimits

    func forEach(_ filter: NameFilter, _ body: (NameEntry) throws -> Void) throws {
        switch filter {
        case .everything: try forEach(withPrefix: "", body)
        case .prefix(let prefix): try forEach(withPrefix: prefix, body)
        case .regex(let regex):
            var steps = 0
            try forEach(withPrefix: regex.literalPrefix) { entry in
                guard let isMatch = regex.matches(entry.name, steps: &steps, limit: limits.regexSteps) else {
                    throw NamingError.tooMuchWork
                }
                if isMatch { try body(entry) }
            }
        case .metadataAll(let tags): try forEach(withAll: tags, body)
        case .metadataAny(let tags): try forEach(withAny: tags, body)
        }
    }

    private func forEach(withPrefix prefix: String, _ body: (NameEntry) throws -> Void) throws {
        let low = EntryForm.bytes(prefix)
        let rows: RowCursor
        if let high = Self.successor(of: low) {
            rows = try Row.fetchCursor(
                db, sql: "SELECT \(EntryForm.columns) FROM names WHERE name >= ? AND name < ? ORDER BY name",
                arguments: [low, high])
        } else {
            rows = try Row.fetchCursor(db, sql: "SELECT \(EntryForm.columns) FROM names ORDER BY name")
        }
        while let row = try rows.next() { try body(try EntryForm.entry(row)) }
    }

    /// Goes through the names of the rarest tag; no tags at all are had by every name.
    private func forEach(withAll tags: Set<String>, _ body: (NameEntry) throws -> Void) throws {
        var rarest: (tag: Data, count: Int)?
        for tag in tags.map(EntryForm.bytes) {
            // Enough to compare; a tag of a million names need not be counted out.
            let statement = try db.cachedStatement(
                sql: "SELECT count(*) FROM (SELECT 1 FROM tags WHERE tag = ? LIMIT 10000)")
            let count = try Int.fetchOne(statement, arguments: [tag]) ?? 0
            if count == 0 { return }
            if count < rarest?.count ?? .max { rarest = (tag, count) }
        }
        guard let rarest else { return try forEach(withPrefix: "", body) }
        let wanted = Set(tags.map(ExactText.init))
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(EntryForm.columns) FROM names
                WHERE name IN (SELECT name FROM tags WHERE tag = ?) ORDER BY name
                """, arguments: [rarest.tag])
        while let row = try rows.next() {
            let entry = try EntryForm.entry(row)
            if wanted.isSubset(of: entry.metadata.map(ExactText.init)) { try body(entry) }
        }
    }

    private func forEach(withAny tags: Set<String>, _ body: (NameEntry) throws -> Void) throws {
        var names = Set<Data>()
        for tag in tags {
            let found = try Data.fetchCursor(
                db, sql: "SELECT name FROM tags WHERE tag = ?", arguments: [EntryForm.bytes(tag)])
            while let name = try found.next() {
                names.insert(name)
                guard names.count <= limits.entries else { throw NamingError.tooManyResults }
            }
        }
        let statement = try db.cachedStatement(
            sql: "SELECT \(EntryForm.columns) FROM names WHERE name = ?")
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            if let row = try Row.fetchOne(statement, arguments: [name]) {
                try body(try EntryForm.entry(row))
            }
        }
    }

    /// The first text behind all that start with these bytes; nil when nothing can be. UTF-8 has no byte 255.
    private static func successor(of prefix: Data) -> Data? {
        guard let last = prefix.last, last < 255 else { return nil }
        return prefix.dropLast() + [last + 1]
    }
}
