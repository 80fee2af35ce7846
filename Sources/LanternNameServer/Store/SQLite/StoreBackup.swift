import Foundation
import GRDB
import Glibc
import Lantern

/// What a backup, or a restored store, holds.
public struct StoreReport: Sendable, Hashable {
    public let names: Int
    public let revision: Int64
}

extension SQLiteNameStore {
    /// Writes the store as it is at one moment into a new file, while it goes on being used.
    ///
    /// The file is complete when it appears, checked, and readable by its owner only.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when there is such a file already or it cannot be written.
    @discardableResult
    public func backup(to destination: String) async throws -> StoreReport {
        try copy(to: destination)
    }

    private func copy(to destination: String) throws -> StoreReport {
        let partial = destination + ".partial"
        guard access(destination, F_OK) != 0 else {
            throw StoreFile.error(destination, "exists already; nothing is overwritten")
        }
        try StoreBackup.makeEmpty(partial)
        do {
            let queue = try DatabaseQueue(path: partial)
            try pool.backup(to: queue)
            let report = try queue.writeWithoutTransaction { db in
                // One file that holds everything: no log beside it.
                _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
                return try StoreBackup.check(db)
            }
            try queue.close()
            try StoreBackup.publish(partial, as: destination)
            return report
        } catch {
            unlink(partial)
            throw StoreFailure.openError(error, path: destination)
        }
    }
}

/// Backups as files: checked, and put in place of a store.
public enum StoreBackup {
    /// Looks through a backup without changing it.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when it is damaged or none.
    public static func verify(_ path: String) throws -> StoreReport {
        do {
            guard access(path, R_OK) == 0 else {
                throw StoreFile.error(path, StoreFile.text(errno))
            }
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: path, configuration: configuration).read(check)
        } catch {
            throw StoreFailure.openError(error, path: path)
        }
    }

    /// Puts a backup in place of a store that nobody has open. What was there stays beside it, as
    /// `….before-restore`.
    ///
    /// Leases and what they held are left out: whoever is alive registers again. Revisions and epochs go on above
    /// those of both, so that an old epoch is never a new one's equal.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when the backup is damaged or a name server has the store open;
    ///   the store is then as it was.
    public static func restore(_ backup: String, to path: String) throws -> StoreReport {
        _ = try verify(backup)
        let file = StoreFile(path: path)
        let isThere = access(path, F_OK) == 0
        if isThere { try file.prepare() } else { try StoreFile(path: path + ".restoring").prepare() }
        let lock = try StoreLock(file)
        defer { lock.release() }
        let partial = path + ".restoring"
        unlink(partial)
        do {
            try makeEmpty(partial)
            let report = try fill(partial, from: backup, above: isThere ? revision(of: path) : 0)
            if isThere { try setAside(file) }
            try publish(partial, as: path)
            return report
        } catch {
            unlink(partial)
            throw StoreFailure.openError(error, path: path)
        }
    }

    /// Epochs that may have been given out after the backup was made, if the store cannot tell.
    static let leap: Int64 = 1_000_000_000

    private static func fill(_ path: String, from backup: String, above revision: Int64) throws -> StoreReport
    {
        var configuration = Configuration()
        configuration.readonly = true
        let source = try DatabaseQueue(path: backup, configuration: configuration)
        let queue = try DatabaseQueue(path: path)
        try source.backup(to: queue)
        let report = try queue.writeWithoutTransaction { db in
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.inTransaction {
                try dropLeases(db)
                let (next, overflows) = max(revision, try StoreFacts.revision(db))
                    .addingReportingOverflow(leap)
                guard !overflows else {
                    throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the revision is impossible")
                }
                try db.execute(sql: "DELETE FROM history")
                try db.execute(
                    sql: "UPDATE facts SET value = ? WHERE key IN ('revision', 'compacted')",
                    arguments: [next])
                try db.execute(
                    sql: "UPDATE facts SET value = ? WHERE key = 'incarnation'",
                    arguments: [StoreIncarnation.random()])
                try db.execute(
                    sql: "UPDATE facts SET value = (SELECT count(*) FROM names) WHERE key = 'count'")
                return .commit
            }
            return try check(db)
        }
        try queue.close()
        return report
    }

    private static func dropLeases(_ db: Database) throws {
        let names = try Data.fetchAll(db, sql: "SELECT DISTINCT name FROM held")
        for name in names {
            let row = try Row.fetchOne(
                db, sql: "SELECT \(EntryForm.columns) FROM names WHERE name = ?", arguments: [name])
            guard let entry = try row.map(EntryForm.entry) else { continue }
            var transaction = StoreTransaction(db, revision: 0, count: 1, capacity: .max)
            try transaction.make([
                NameEvent(
                    name: entry.name, before: entry, after: entry.keeping { $0.epoch == nil })
            ])
            try db.execute(sql: "DELETE FROM history")
        }
        try db.execute(sql: "DELETE FROM held; DELETE FROM leases")
    }

    /// The revision of a store that may be damaged; 0 when it cannot be read.
    private static func revision(of path: String) -> Int64 {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try? DatabaseQueue(path: path, configuration: configuration)
        return (try? queue?.read(StoreFacts.revision)) ?? 0
    }

    private static func setAside(_ file: StoreFile) throws {
        let aside = file.path + ".before-restore"
        for (path, name) in zip([file.path] + file.companions, [aside, aside + "-wal", aside + "-shm"]) {
            unlink(name)
            guard rename(path, name) == 0 || errno == ENOENT else {
                throw StoreFile.error(path, StoreFile.text(errno))
            }
        }
    }

    static func check(_ db: Database) throws -> StoreReport {
        guard try SQLiteSchema.check(db) else {
            throw DatabaseError(resultCode: .SQLITE_NOTADB, message: "it is empty")
        }
        let report = try String.fetchAll(db, sql: "PRAGMA integrity_check(1)")
        guard report == ["ok"] else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: report.first)
        }
        let facts = try StoreFacts(db)
        return StoreReport(names: Int(facts.count), revision: facts.revision)
    }

    static func makeEmpty(_ path: String) throws {
        unlink(path)
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreFile.error(path, StoreFile.text(errno)) }
        close(file)
    }

    /// Gives a finished file its name, so that it lasts through a power cut.
    static func publish(_ partial: String, as path: String) throws {
        let file = open(partial, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw StoreFile.error(partial, StoreFile.text(errno)) }
        defer { close(file) }
        guard fsync(file) == 0, rename(partial, path) == 0 else {
            throw StoreFile.error(path, StoreFile.text(errno))
        }
        try StoreFile.syncDirectory(of: path)
    }
}
