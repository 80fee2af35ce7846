import Foundation
import GRDB
import Lantern
import Synchronization

/// Names in a SQLite file: the durable store.
///
/// Write-ahead log with full synchronisation: a call returns when what it changed is on the disk. Writers that come
/// together share one commit. One process at a time has the file open.
public final class SQLiteNameStore: NameStore {
    /// What an operator may choose.
    public struct Settings: Sendable {
        /// Names that are kept at most.
        public var capacity = 10_000_000
        /// Events that are kept for watchers.
        public var history = 10_000
        /// How long a write waits for another program that has the file locked.
        public var busyTimeout: Duration = .seconds(5)
        /// Changes that may wait for the disk; more are refused.
        public var pendingWrites = 10_000
        /// Entries that are kept in memory for lookups.
        public var cachedNames = 10_000
        /// Whether opening looks through the whole file; a second for about a million names.
        public var checksIntegrity = true

        public init() {}
    }

    public let path: String
    public let history: ChangeHistory
    let pool: DatabasePool
    private let settings: Settings
    private let committer: StoreCommitter
    private let writer: GroupWriter
    private let lock: StoreLock
    private let isClosed = Mutex(false)

    /// Opens the file, makes it when there is none, and checks it.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the file and what is wrong with it.
    public init(path: String, settings: Settings = .init()) throws {
        let file = StoreFile(path: path)
        try file.prepare()
        lock = try StoreLock(file)
        self.path = path
        self.settings = settings
        do {
            pool = try Self.open(path, settings)
            let facts = try pool.read { try StoreFacts($0) }
            history = ChangeHistory(
                limit: settings.history, incarnation: facts.incarnation, current: facts.compacted,
                compacted: facts.compacted)
            history.append(try pool.read(StoreFacts.history), upTo: facts.revision)
            let committer = StoreCommitter(
                history: history, cache: NameCache(capacity: settings.cachedNames),
                capacity: settings.capacity,
                totals: .init(
                    revision: facts.revision, count: Int(facts.count), compacted: facts.compacted))
            self.committer = committer
            writer = GroupWriter(pool: pool, maximumPending: settings.pendingWrites) {
                committer.commit($0, $1)
            }
        } catch {
            throw StoreFailure.openError(error, path: path)
        }
    }

    private static func open(_ path: String, _ settings: Settings) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(settings.busyTimeout / .seconds(1))
        configuration.maximumReaderCount = 8
        configuration.label = "lantern.names"
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // A commit is on the disk when it returns; the default of a pool would leave that to the next checkpoint.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try SQLiteSchema.check(db), settings.checksIntegrity else { return }
            let report = try String.fetchAll(db, sql: "PRAGMA quick_check(1)")
            guard report == ["ok"] else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: report.first)
            }
        }
        try SQLiteSchema.migrator.migrate(pool)
        return pool
    }

    public func close() async {
        let wasClosed = isClosed.withLock { closed in
            defer { closed = true }
            return closed
        }
        // SQLite's checkpoint takes the address of a connection, and would use that of one that is gone.
        guard !wasClosed else { return }
        // Jobs that wait are written first: the pool closes behind them.
        // The log goes into the file, so that the file alone is the store.
        _ = try? await pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try? pool.close()
        lock.release()
    }

    // MARK: - Reading

    public func lookup(_ name: String) async throws -> NameEntry? { try find(name) }

    private func find(_ name: String) throws -> NameEntry? {
        let key = ExactText(name)
        switch committer.cache.find(key) {
        case .found(let entry): return entry
        case .unknown(let version):
            let entry = try read { db -> NameEntry? in
                let statement = try db.cachedStatement(
                    sql: "SELECT \(EntryForm.columns) FROM names WHERE name = ?")
                return try Row.fetchOne(statement, arguments: [EntryForm.bytes(name)]).map(EntryForm.entry)
            }
            if let entry { committer.cache.keep(entry, as: key, version: version) }
            return entry
        }
    }

    public func count() async throws -> Int { committer.count }

    public func snapshot(_ filter: NameFilter, limits: ResultLimits) async throws -> NameSnapshot {
        try read { db in
            var found: [NameEntry] = []
            var bytes = 0
            try RowQuery(db: db, limits: limits).forEach(filter) { entry in
                bytes += entry.cost
                guard found.count < limits.entries, bytes <= limits.bytes else {
                    throw NamingError.tooManyResults
                }
                found.append(entry)
            }
            return NameSnapshot(entries: found, revision: try StoreFacts.revision(db))
        }
    }

    private func read<T>(_ body: (Database) throws -> T) throws -> T {
        do {
            return try pool.read(body)
        } catch {
            throw StoreFailure.namingError(error)
        }
    }

    // MARK: - Writing

    @discardableResult
    public func update(
        _ names: [String], holding epoch: Int64?,
        _ change: @escaping @Sendable ([NameEntry?]) throws -> [NameChange]
    ) async throws -> NameCommit {
        try await writer.write { transaction in
            if let epoch { try Self.checkLease(epoch, transaction.db) }
            var before: [NameEntry?] = []
            for name in names { before.append(try transaction.entry(name)) }
            let events = zip(zip(names, before), try change(before)).compactMap { pair, change in
                StoreSteps.event(pair.0, pair.1, change)
            }
            try transaction.make(events)
            return NameCommit(before: before, revision: transaction.revision)
        }
    }

    public func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @escaping @Sendable (NameEntry) -> Bool
    ) async throws -> (removed: Int, kept: Int) {
        let counts = try await writer.write { transaction -> [Int] in
            var doomed: [String] = []
            var kept = 0
            try RowQuery(db: transaction.db, limits: limits).forEach(filter) { entry in
                if mayRemove(entry) { doomed.append(entry.name) } else { kept += 1 }
            }
            var rest = doomed[...]
            while !rest.isEmpty {
                let events = try rest.prefix(StoreSteps.removals).map {
                    NameEvent(name: $0, before: try transaction.entry($0), after: nil)
                }
                try transaction.make(events)
                rest = rest.dropFirst(StoreSteps.removals)
            }
            return [doomed.count, kept]
        }
        return (counts[0], counts[1])
    }

    // MARK: - Leases

    public func grant(
        to owner: String, duration: Int64, limits: LeaseLimits
    ) async throws -> NameLease {
        try await writer.write { transaction in
            let bytes = EntryForm.bytes(owner)
            let all = try Int.fetchOne(transaction.db, sql: "SELECT count(*) FROM leases") ?? 0
            let own =
                try Int.fetchOne(
                    transaction.db, sql: "SELECT count(*) FROM leases WHERE owner = ?", arguments: [bytes])
                ?? 0
            guard all < limits.all, own < limits.perOwner else { throw NamingError.tooManyLeases(limits) }
            let lease = NameLease(epoch: transaction.step(), owner: owner, duration: duration)
            try transaction.db.execute(
                sql: "INSERT INTO leases (epoch, owner, duration) VALUES (?, ?, ?)",
                arguments: [lease.epoch, bytes, duration])
            return lease
        }
    }

    public func revoke(_ epoch: Int64) async throws -> [String]? {
        try await writer.write { transaction in
            try transaction.db.execute(sql: "DELETE FROM leases WHERE epoch = ?", arguments: [epoch])
            guard transaction.db.changesCount > 0 else { return nil }
            let names = try Self.held(epoch, transaction.db)
            let events = try names.compactMap { name in
                try transaction.entry(name).map { entry in
                    NameEvent(name: name, before: entry, after: entry.keeping { $0.epoch != epoch })
                }
            }
            // Also for a lease that held nothing, so that the transaction is not taken for one without changes.
            if events.isEmpty { _ = transaction.step() }
            try transaction.make(events)
            return names
        }
    }

    public func leases() async throws -> [NameLease] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT epoch, owner, duration FROM leases ORDER BY epoch").map {
                NameLease(epoch: $0[0], owner: EntryForm.text($0[1]), duration: $0[2])
            }
        }
    }

    public func names(heldBy epoch: Int64) async throws -> [String] {
        try read { try Self.held(epoch, $0) }
    }

    private static func held(_ epoch: Int64, _ db: Database) throws -> [String] {
        try Data.fetchAll(db, sql: "SELECT name FROM held WHERE epoch = ? ORDER BY name", arguments: [epoch])
            .map(EntryForm.text)
    }

    private static func checkLease(_ epoch: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM leases WHERE epoch = ?")
        guard try Int.fetchOne(statement, arguments: [epoch]) != nil else {
            throw NamingError.leaseLost(epoch)
        }
    }
}
