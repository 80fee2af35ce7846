import Foundation
import GRDB

/// What the file says about itself.
struct StoreFacts {
    let revision: Int64
    let compacted: Int64
    let count: Int64
    let incarnation: String

    init(_ db: Database) throws {
        revision = try Self.number("revision", db)
        compacted = try Self.number("compacted", db)
        count = try Self.number("count", db)
        guard
            let text = try String.fetchOne(db, sql: "SELECT value FROM facts WHERE key = 'incarnation'")
        else { throw Self.missing("incarnation") }
        incarnation = text
    }

    static func revision(_ db: Database) throws -> Int64 { try number("revision", db) }

    private static func number(_ key: String, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT value FROM facts WHERE key = ?")
        guard let number = try Int64.fetchOne(statement, arguments: [key]) else { throw missing(key) }
        return number
    }

    private static func missing(_ key: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the fact '\(key)' is missing")
    }

    /// The kept changes, oldest first.
    static func history(_ db: Database) throws -> [NameChangeSet] {
        var sets: [NameChangeSet] = []
        var events: [NameEvent] = []
        var revision: Int64 = 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT revision, name, before, after FROM history ORDER BY revision, part")
        while let row = try rows.next() {
            if row[0] != revision {
                if !events.isEmpty { sets.append(NameChangeSet(revision: revision, events: events)) }
                events = []
                revision = row[0]
            }
            events.append(
                NameEvent(
                    name: EntryForm.text(row[1]), before: try EntryForm.entry(row[2] as Data?),
                    after: try EntryForm.entry(row[3] as Data?)))
        }
        if !events.isEmpty { sets.append(NameChangeSet(revision: revision, events: events)) }
        return sets
    }
}
