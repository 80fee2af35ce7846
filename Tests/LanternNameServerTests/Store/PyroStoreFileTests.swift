import Foundation
import GRDB
import Lantern
import LanternNameServer
import Testing

/// The schema here is that of `_create_schema` in Pyro's own name servers; `Tests/Interop/Names` reads files that those
/// wrote.
struct PyroStoreFileTests {
    private func file(in directory: String, _ statements: String) throws -> String {
        let path = directory + "/pyro.sqlite"
        try DatabaseQueue(path: path).write { try $0.execute(sql: statements) }
        return path
    }

    private static let names = """
        CREATE TABLE pyro_names (id integer PRIMARY KEY, name nvarchar NOT NULL UNIQUE, uri nvarchar NOT NULL);
        INSERT INTO pyro_names VALUES (1, 'Pyro.NameServer', 'PYRO:Pyro.NameServer@localhost:9090');
        INSERT INTO pyro_names VALUES (2, 'b', 'PYRO:b@localhost:1'), (3, 'a', 'PYRO:a@localhost:2');
        """

    @Test("names come with their tags, without the name server's own")
    func entries() async throws {
        try await StoreDirectory.run { directory in
            let path = try file(
                in: directory,
                Self.names + """
                    CREATE TABLE pyro_metadata (object integer NOT NULL, metadata nvarchar NOT NULL);
                    INSERT INTO pyro_metadata VALUES (2, 'x'), (2, 'y'), (1, 'ns');
                    """)
            #expect(
                try PyroStoreFile.entries(of: path) == [
                    NameEntry(name: "a", uri: "PYRO:a@localhost:2"),
                    NameEntry(name: "b", uri: "PYRO:b@localhost:1", metadata: ["x", "y"]),
                ])
            #expect(try PyroStoreFile.entries(of: path, maximum: 2).count == 2)
            #expect(throws: LanternError.self) { try PyroStoreFile.entries(of: path, maximum: 1) }
        }
    }

    @Test("old stores have no tags; other files are refused")
    func others() async throws {
        try await StoreDirectory.run { directory in
            let path = try file(in: directory, Self.names)
            #expect(try PyroStoreFile.entries(of: path).map(\.name) == ["a", "b"])
            try await DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE pyro_names") }
            let error = #expect(throws: LanternError.self) { try PyroStoreFile.entries(of: path) }
            #expect(error?.detail.contains("no table 'pyro_names'") == true)
            #expect(throws: LanternError.self) { try PyroStoreFile.entries(of: directory + "/none") }
        }
    }
}
