import Foundation
import GRDB
import Lantern
import Testing

@testable import LanternNameServer

/// What only a file can do: last, be backed up, and break.
@Suite(.timeLimit(.minutes(1)))
struct SQLiteNameStoreTests {
    private let owner = "spiffe://lantern.test/alice"

    private func entry(_ name: String, _ tags: Set<String> = []) -> NameEntry {
        NameEntry(name: name, uri: "PYRO:o@host:1", metadata: tags, owner: owner)
    }

    private func put(_ store: SQLiteNameStore, _ entries: NameEntry...) async throws {
        for entry in entries { try await store.update(entry.name) { _ in .put(entry) } }
    }

    private func failure(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "no error"
        } catch let error as LanternError {
            return error.code == .configuration ? error.detail : "\(error)"
        } catch {
            return "\(error)"
        }
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("a store that is closed refuses, and may be closed again")
    func closed() async throws {
        try await StoreDirectory.run { directory in
            let store = try SQLiteNameStore(path: directory + "/names.db")
            try await put(store, entry("a"))
            await store.close()
            await store.close()
            #expect(await failure { try await put(store, entry("b")) } != "no error")
            #expect(
                await failure { _ = try await store.list(.everything, limits: ResultLimits()) } != "no error")
            let again = try SQLiteNameStore(path: directory + "/names.db")
            #expect(try await again.lookup("a") == entry("a"))
            #expect(try await again.lookup("b") == nil)
            await again.close()
        }
    }

    @Test("names, tags, leases, changes and revisions are there after a restart")
    func lasting() async throws {
        try await StoreDirectory.run { directory in
            let path = directory + "/names/names.db"
            let first = try SQLiteNameStore(path: path)
            try await put(first, entry("a", ["t"]), entry("b"))
            let lease = try await first.grant(to: owner, duration: 5000, limits: .init())
            let instance = NameInstance(uri: "PYRO:o@h:9", weight: 7, metadata: ["i"], epoch: lease.epoch)
            try await put(
                first, try #require(NameEntry(name: "c", instances: [instance], owner: owner)))
            try await first.update("b") { _ in .remove }
            let (revision, incarnation) = (first.history.current, first.history.incarnation)
            let changes = try first.history.changes(after: 0)
            await first.close()

            let second = try SQLiteNameStore(path: path)
            #expect(try await second.list(.everything, limits: .init()).map(\.name) == ["a", "c"])
            #expect(try await second.lookup("c")?.instances == [instance])
            #expect(try await second.list(.metadataAny(["t"]), limits: .init()).map(\.name) == ["a"])
            #expect(try await second.leases() == [lease])
            #expect(try await second.count() == 2)
            #expect(second.history.current == revision)
            #expect(second.history.incarnation == incarnation)
            #expect(try second.history.changes(after: 0) == changes)
            let later = try await second.grant(to: owner, duration: 1, limits: .init())
            #expect(later.epoch > lease.epoch)
            await second.close()
        }
    }

    @Test("the history that a restart finds has its limit too")
    func lastingCompaction() async throws {
        try await StoreDirectory.run { directory in
            let path = directory + "/names.db"
            var settings = SQLiteNameStore.Settings()
            settings.history = 3
            let first = try SQLiteNameStore(path: path, settings: settings)
            for index in 0..<10 { try await put(first, entry("n\(index)")) }
            await first.close()
            let second = try SQLiteNameStore(path: path, settings: settings)
            #expect(second.history.compacted == 7)
            #expect(try second.history.changes(after: 7).map(\.revision) == [8, 9, 10])
            let rows = try await second.pool.read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM history")
            }
            #expect((rows ?? 0) <= 4)
            await second.close()
        }
    }

    @Test("the file is the owner's alone, commits wait for the disk, and a second process is turned away")
    func protection() async throws {
        try await StoreDirectory.run { directory in
            let path = directory + "/names/names.db"
            let store = try SQLiteNameStore(path: path)
            try await put(store, entry("a"))
            #expect(try mode(directory + "/names") == 0o700)
            for suffix in ["", "-wal", "-shm", ".lock"] { #expect(try mode(path + suffix) == 0o600) }
            let facts = try await store.pool.writeWithoutTransaction { db in
                [
                    try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                    try String.fetchOne(db, sql: "PRAGMA synchronous"),
                ]
            }
            #expect(facts == ["wal", "2"])
            let second = await failure { _ = try SQLiteNameStore(path: path) }
            #expect(second == "\(path): is in use by another process; one name server at a time opens it")
            await store.close()
        }
    }

    @Test("a file that others may touch, or that is a link, is not opened")
    func exposed() async throws {
        try await StoreDirectory.run { directory in
            let path = directory + "/names.db"
            _ = FileManager.default.createFile(
                atPath: path, contents: nil, attributes: [.posixPermissions: 0o640])
            let exposed = await failure { _ = try SQLiteNameStore(path: path) }
            #expect(exposed.contains("can be read or written by others (mode 640); chmod 600 it"))
            let link = directory + "/link.db"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            #expect(await failure { _ = try SQLiteNameStore(path: link) }.contains("is a link"))
            try FileManager.default.createDirectory(
                atPath: directory + "/open", withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o777])
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o777], ofItemAtPath: directory + "/open")
            let shared = await failure { _ = try SQLiteNameStore(path: directory + "/open/names.db") }
            #expect(shared.contains("can be written by others; chmod go-w it"))
        }
    }

    @Test("what is no name store, of a newer version, or damaged does not open, and says why")
    func unusable() async throws {
        try await StoreDirectory.run { directory in
            let text = directory + "/text.db"
            _ = FileManager.default.createFile(
                atPath: text, contents: Data(repeating: 65, count: 8192),
                attributes: [.posixPermissions: 0o600])
            #expect(await failure { _ = try SQLiteNameStore(path: text) }.contains("no SQLite database"))

            let other = directory + "/other.db"
            try await DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE t (x)") }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other)
            let stranger = await failure { _ = try SQLiteNameStore(path: other) }
            #expect(stranger.contains("belongs to another program"))

            let newer = directory + "/newer.db"
            await (try SQLiteNameStore(path: newer)).close()
            try await DatabaseQueue(path: newer).write {
                try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: of the future')")
            }
            #expect(await failure { _ = try SQLiteNameStore(path: newer) }.contains("newer version"))

            let broken = directory + "/broken.db"
            let store = try SQLiteNameStore(path: broken)
            for index in 0..<200 { try await put(store, entry("name.\(index)", ["tag.\(index)"])) }
            await store.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: broken))
            try #require(bytes.count > 12_288)
            for index in 8192..<bytes.count - 2048 { bytes[index] = 0xA5 }
            try bytes.write(to: URL(fileURLWithPath: broken))
            let damage = await failure { _ = try SQLiteNameStore(path: broken) }
            #expect(damage.contains("the file is damaged"), "\(damage)")
            #expect(damage.contains("`lantern nsc restore BACKUP`"))
        }
    }

    @Test("a full disk refuses with that reason and loses nothing; with room again it goes on")
    func fullDisk() async throws {
        try await StoreDirectory.run { directory in
            let path = directory + "/names.db"
            let store = try SQLiteNameStore(path: path)
            try await put(store, entry("a"))
            try await store.pool.writeWithoutTransaction { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 1)")
            }
            var refusal = ""
            var kept = ["a"]
            for index in 0..<100 where refusal.isEmpty {
                let name = "big.\(index)." + String(repeating: "x", count: 900)
                do {
                    try await put(store, entry(name))
                    kept.append(name)
                } catch let error as NamingError {
                    #expect(error.code == .storeFailed)
                    refusal = error.message
                }
            }
            #expect(
                refusal == "the name server cannot use its store: the disk is full; nothing was changed")
            #expect(try await store.list(.everything, limits: .init()).count == kept.count)
            try await store.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA max_page_count = 100000")
            }
            try await put(store, entry("after"))
            await store.close()
            let again = try SQLiteNameStore(path: path)
            #expect(try await again.count() == kept.count + 1)
            await again.close()
        }
    }

    @Test("a read-only and a locked file refuse with that reason, and lookups go on")
    func readOnlyAndLocked() async throws {
        try await StoreDirectory.run { directory in
            let path = directory + "/names.db"
            var settings = SQLiteNameStore.Settings()
            settings.busyTimeout = .milliseconds(20)
            let store = try SQLiteNameStore(path: path, settings: settings)
            try await put(store, entry("a"))
            try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 1") }
            let readOnly = await failure { try await put(store, entry("b")) }
            #expect(readOnly.contains("the file is read-only"), "\(readOnly)")
            #expect(try await store.lookup("a") == entry("a"))
            try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 0") }

            var unsafe = Configuration()
            unsafe.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: unsafe)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            let locked = await failure { try await put(store, entry("b")) }
            #expect(locked.contains("the file is locked by another process"), "\(locked)")
            #expect(try await store.list(.everything, limits: .init()).map(\.name) == ["a"])
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            try await put(store, entry("b"))
            #expect(try await store.count() == 2)
            await store.close()
            #expect(await failure { try await put(store, entry("c")) }.contains("shutting down"))
        }
    }

    @Test("more changes than may wait are refused, the others are made")
    func pendingLimit() async throws {
        try await StoreDirectory.run { directory in
            var settings = SQLiteNameStore.Settings()
            settings.pendingWrites = 2
            let store = try SQLiteNameStore(path: directory + "/names.db", settings: settings)
            let refused = await withTaskGroup(of: Int.self) { group in
                for index in 0..<200 {
                    let entry = entry("n\(index)")
                    group.addTask {
                        do {
                            try await store.update(entry.name) { _ in .put(entry) }
                            return 0
                        } catch {
                            return 1
                        }
                    }
                }
                return await group.reduce(0, +)
            }
            let count = try await store.count()
            #expect(count + refused == 200)
            #expect(count > 0)
            #expect(try await store.list(.everything, limits: .init()).count == count)
            await store.close()
        }
    }

    // MARK: - Backup

    @Test("a backup is one checked file of the owner's; nothing is overwritten")
    func backup() async throws {
        try await StoreDirectory.run { directory in
            let store = try SQLiteNameStore(path: directory + "/names.db")
            try await put(store, entry("a", ["t"]), entry("b"))
            let copy = directory + "/copy.db"
            let report = try await store.backup(to: copy)
            #expect(report == StoreReport(names: 2, revision: 2))
            #expect(try StoreBackup.verify(copy) == report)
            #expect(try mode(copy) == 0o600)
            #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))
            #expect(await failure { _ = try await store.backup(to: copy) }.contains("exists already"))
            let nowhere = await failure { _ = try await store.backup(to: directory + "/none/copy.db") }
            #expect(nowhere.contains("No such file"))
            await store.close()
        }
    }

    @Test("a restored store has the backup's names, no leases, and goes on above all epochs")
    func restore() async throws {
        try await StoreDirectory.run { directory in
            let (path, copy) = (directory + "/names.db", directory + "/copy.db")
            let store = try SQLiteNameStore(path: path)
            try await put(store, entry("a"))
            let old = try await store.grant(to: owner, duration: 1, limits: .init())
            let instances = [
                NameInstance(uri: "PYRO:o@h:1", epoch: old.epoch), NameInstance(uri: "PYRO:o@h:2"),
            ]
            try await put(
                store, try #require(NameEntry(name: "both", instances: instances, owner: owner)),
                try #require(NameEntry(name: "leased", instances: [instances[0]], owner: owner)))
            try await store.backup(to: copy)
            try await put(store, entry("later"))
            let later = try await store.grant(to: owner, duration: 1, limits: .init())
            let incarnation = store.history.incarnation
            let busy = await failure { _ = try StoreBackup.restore(copy, to: path) }
            #expect(busy.contains("in use by another process"))
            await store.close()

            #expect(try StoreBackup.restore(copy, to: path).names == 2)
            #expect(try mode(path) == 0o600)
            let restored = try SQLiteNameStore(path: path)
            #expect(try await restored.list(.everything, limits: .init()).map(\.name) == ["a", "both"])
            #expect(try await restored.lookup("both")?.instances == [instances[1]])
            #expect(try await restored.leases().isEmpty)
            #expect(restored.history.incarnation != incarnation)
            let new = try await restored.grant(to: owner, duration: 1, limits: .init())
            #expect(new.epoch > later.epoch)
            await restored.close()
            #expect(FileManager.default.fileExists(atPath: path + ".before-restore"))
        }
    }

    @Test("a damaged or foreign backup is refused, and the store stays")
    func badBackups() async throws {
        try await StoreDirectory.run { directory in
            let path = directory + "/names.db"
            let store = try SQLiteNameStore(path: path)
            try await put(store, entry("a"))
            await store.close()
            let empty = directory + "/empty"
            _ = FileManager.default.createFile(atPath: empty, contents: nil)
            let text = directory + "/text"
            _ = FileManager.default.createFile(atPath: text, contents: Data(repeating: 65, count: 4096))
            #expect(await failure { _ = try StoreBackup.restore(empty, to: path) } != "no error")
            #expect(
                await failure { _ = try StoreBackup.restore(text, to: path) }.contains("no SQLite database"))
            let missing = await failure { _ = try StoreBackup.restore(directory + "/none", to: path) }
            #expect(missing.contains("No such file"))
            let again = try SQLiteNameStore(path: path)
            #expect(try await again.lookup("a") == entry("a"))
            await again.close()
        }
    }
}
