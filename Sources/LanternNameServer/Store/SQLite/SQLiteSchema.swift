import GRDB

/// The tables of the store, and how older ones become them.
///
/// Texts are kept as their UTF-8 bytes: they compare as bytes, and a zero byte ends nothing.
///
/// | table | what |
/// |:------|:-----|
/// | `names` | one row a name; tags and instances as msgpack |
/// | `tags` | tag and name, for yellow pages |
/// | `held` | lease and name |
/// | `leases` | who holds which lease |
/// | `history` | the latest changes, for watchers |
/// | `facts` | `revision`, `compacted`, `incarnation`, `count` |
enum SQLiteSchema {
    /// Marks the file as a name store: "LNTN".
    static let applicationID: Int32 = 0x4C4E_544E

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: names, tags, leases, history") { db in
            try db.execute(
                sql: """
                    CREATE TABLE names (
                        name BLOB NOT NULL PRIMARY KEY, uri BLOB NOT NULL, owner BLOB,
                        tags BLOB, instances BLOB, exclusive INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE TABLE tags (
                        tag BLOB NOT NULL, name BLOB NOT NULL, PRIMARY KEY (tag, name)) WITHOUT ROWID;
                    CREATE TABLE leases (
                        epoch INTEGER NOT NULL PRIMARY KEY, owner BLOB NOT NULL, duration INTEGER NOT NULL);
                    CREATE INDEX leases_by_owner ON leases (owner);
                    CREATE TABLE held (
                        epoch INTEGER NOT NULL, name BLOB NOT NULL, PRIMARY KEY (epoch, name)) WITHOUT ROWID;
                    CREATE TABLE history (
                        revision INTEGER NOT NULL, part INTEGER NOT NULL, name BLOB NOT NULL,
                        before BLOB, after BLOB, PRIMARY KEY (revision, part)) WITHOUT ROWID;
                    CREATE TABLE facts (key TEXT NOT NULL PRIMARY KEY, value) WITHOUT ROWID;
                    INSERT INTO facts VALUES ('revision', 0), ('compacted', 0), ('count', 0);
                    PRAGMA application_id = \(applicationID);
                    """)
            try db.execute(
                sql: "INSERT INTO facts VALUES ('incarnation', ?)", arguments: [StoreIncarnation.random()])
        }
        return migrator
    }

    /// Refuses a file of another program, and one that a newer Lantern wrote.
    ///
    /// - Returns: whether there are tables already.
    static func check(_ db: Database) throws -> Bool {
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id")
        guard isEmpty || application == applicationID else {
            throw SQLiteSchemaError(text: "the file belongs to another program; it is no name store")
        }
        guard try !migrator.hasBeenSuperseded(db) else {
            throw SQLiteSchemaError(text: "a newer version of Lantern wrote the file; use that version")
        }
        return !isEmpty
    }
}

struct SQLiteSchemaError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
