import Foundation
import Lantern
import LanternNameServer
import LanternTesting
import Testing

/// SQL stores as the name servers of Pyro4 and Pyro5 write them.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(2)))
struct PyroStoreTests {
    private static let program = """
        import sys
        module, path = sys.argv[1:]
        storage = __import__(module, fromlist=["SqlStorage"]).SqlStorage(path)
        storage["Pyro.NameServer"] = ("PYRO:Pyro.NameServer@localhost:9090", {"class:ns"})
        storage["shop.one"] = ("PYRO:one@host.example:1", {"red", "näher"})
        storage["shop.two"] = ("PYRO:two@host.example:2", set())
        storage["shop.gone"] = ("PYRO:gone@host.example:3", {"red"})
        del storage["shop.gone"]
        storage["bad"] = ("nonsense", set())
        print("written")
        """

    @Test("their names are taken over with tags", arguments: PyroGeneration.allCases)
    func takingOver(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let path = hosts.directory + "/pyro.sqlite"
        let module = generation == .pyro4 ? "Pyro4.naming_storage" : "Pyro5.nameserver"
        let report = await (try PythonProcess(arguments: ["-c", Self.program, module, path])).finish()
        #expect(report.output == ["written"], "\(report.errors)")
        let entries = try PyroStoreFile.entries(of: path)
        #expect(entries.map(\.name) == ["bad", "shop.one", "shop.two"])

        let store = try SQLiteNameStore(path: hosts.directory + "/names/names.db")
        let kept = NameEntry(name: "shop.two", uri: "PYRO:mine@host.example:4", owner: "spiffe://a/b")
        try await store.update("shop.two") { _ in .put(kept) }
        let first = try await store.take(entries, owner: "spiffe://a/c", replacing: false)
        #expect(first.taken == 1)
        #expect(first.kept == 1)
        #expect(first.refused == ["bad: invalid uri"])
        #expect(
            try await store.list(.everything, limits: .init()) == [
                NameEntry(
                    name: "shop.one", uri: "PYRO:one@host.example:1", metadata: ["red", "näher"],
                    owner: "spiffe://a/c"), kept,
            ])
        let second = try await store.take(entries, owner: nil, replacing: true)
        #expect(second.taken == 2)
        #expect(try await store.lookup("shop.two")?.uri == "PYRO:two@host.example:2")
        #expect(try await store.lookup("shop.two")?.owner == nil)
        await store.close()
    }
}
