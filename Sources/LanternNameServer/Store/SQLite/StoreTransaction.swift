import Foundation
import GRDB

/// What is being written between two commits: rows, and what watchers and the cache have to learn after it.
struct StoreTransaction {
    let db: Database
    private(set) var revision: Int64
    private(set) var count: Int
    private(set) var sets: [NameChangeSet] = []
    private let capacity: Int

    init(_ db: Database, revision: Int64, count: Int, capacity: Int) {
        self.db = db
        self.revision = revision
        self.count = count
        self.capacity = capacity
    }

    func entry(_ name: String) throws -> NameEntry? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(EntryForm.columns) FROM names WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [EntryForm.bytes(name)]).map(EntryForm.entry)
    }

    /// Makes the changes of one step.
    ///
    /// - Throws: ``NamingError/Code/storeFull``.
    mutating func make(_ events: [NameEvent]) throws {
        guard !events.isEmpty else { return }
        let growth = events.reduce(0) {
            $0 + ($1.after == nil ? 0 : 1) - ($1.before == nil ? 0 : 1)
        }
        guard growth <= 0 || count + growth <= capacity else {
            throw NamingError.storeFull(limit: capacity)
        }
        revision += 1
        count += growth
        for (part, event) in events.enumerated() { try write(event, part: part) }
        sets.append(NameChangeSet(revision: revision, events: events))
    }

    /// A revision of its own without a change: the epoch of a lease.
    mutating func step() -> Int64 {
        revision += 1
        return revision
    }

    /// Writes what is known only at the end.
    ///
    /// - Parameter compacted: changes up to this revision go from the history.
    func finish(forgettingUpTo compacted: Int64?) throws {
        try set("revision", to: revision)
        try set("count", to: Int64(count))
        guard let compacted else { return }
        try set("compacted", to: compacted)
        try db.cachedStatement(sql: "DELETE FROM history WHERE revision <= ?")
            .execute(arguments: [compacted])
    }

    private func set(_ fact: String, to value: Int64) throws {
        try db.cachedStatement(sql: "UPDATE facts SET value = ? WHERE key = ?")
            .execute(arguments: [value, fact])
    }

    private func write(_ event: NameEvent, part: Int) throws {
        let name = EntryForm.bytes(event.name)
        if let before = event.before { try unindex(before, name) }
        if let after = event.after {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO names (\(EntryForm.columns)) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(arguments: StatementArguments(EntryForm.values(after)))
            for tag in after.metadata {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO tags (tag, name) VALUES (?, ?)")
                    .execute(arguments: [EntryForm.bytes(tag), name])
            }
            for epoch in after.epochs {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO held (epoch, name) VALUES (?, ?)")
                    .execute(arguments: [epoch, name])
            }
        } else {
            try db.cachedStatement(sql: "DELETE FROM names WHERE name = ?").execute(arguments: [name])
        }
        try db.cachedStatement(
            sql: "INSERT INTO history (revision, part, name, before, after) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [
            revision, part, name, EntryForm.data(event.before), EntryForm.data(event.after),
        ])
    }

    private func unindex(_ entry: NameEntry, _ name: Data) throws {
        for tag in entry.metadata {
            try db.cachedStatement(sql: "DELETE FROM tags WHERE tag = ? AND name = ?")
                .execute(arguments: [EntryForm.bytes(tag), name])
        }
        for epoch in entry.epochs {
            try db.cachedStatement(sql: "DELETE FROM held WHERE epoch = ? AND name = ?")
                .execute(arguments: [epoch, name])
        }
    }
}
