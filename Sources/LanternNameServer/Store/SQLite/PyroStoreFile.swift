import GRDB
import Glibc
import Lantern

/// The SQL store of a Pyro4 or Pyro5 name server (`-s sql:FILE`), for reading.
///
/// | table | columns |
/// |:------|:--------|
/// | `pyro_names` | `id`, `name`, `uri` |
/// | `pyro_metadata` | `object` (an id), `metadata` (one tag); not in old Pyro4 stores |
///
/// - Source: `Pyro5/nameserver.py` and `Pyro4/naming_storage.py`, `_create_schema`.
public enum PyroStoreFile {
    /// Its entries without the name server's own, sorted by name.
    ///
    /// - Parameter maximum: names that are read at most.
    /// - Throws: ``LanternError/Code/configuration`` when the file is none of Pyro's, or larger.
    public static func entries(of path: String, maximum: Int = 10_000_000) throws -> [NameEntry] {
        guard access(path, R_OK) == 0 else { throw StoreFile.error(path, StoreFile.text(errno)) }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: path, configuration: configuration).read {
                try entries($0, path: path, maximum: maximum)
            }
        } catch {
            throw StoreFailure.openError(error, path: path)
        }
    }

    private static func entries(_ db: Database, path: String, maximum: Int) throws -> [NameEntry] {
        guard try db.tableExists("pyro_names") else {
            throw StoreFile.error(path, "has no table 'pyro_names'; it is no store of Pyro's name server")
        }
        let tags = try db.tableExists("pyro_metadata") ? tags(db) : [:]
        var found: [NameEntry] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT id, name, uri FROM pyro_names ORDER BY name")
        while let row = try rows.next() {
            guard let name = row[1] as String?, let uri = row[2] as String?,
                name != NameRegistry.ownName
            else { continue }
            guard found.count < maximum else {
                throw StoreFile.error(path, "has more than \(maximum) names")
            }
            found.append(NameEntry(name: name, uri: uri, metadata: tags[row[0]] ?? []))
        }
        return found
    }

    private static func tags(_ db: Database) throws -> [Int64: Set<String>] {
        var tags: [Int64: Set<String>] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT object, metadata FROM pyro_metadata")
        while let row = try rows.next() {
            if let tag = row[1] as String? { tags[row[0], default: []].insert(tag) }
        }
        return tags
    }
}
