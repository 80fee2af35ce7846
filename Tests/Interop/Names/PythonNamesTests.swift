import Lantern
import LanternTesting
import LanternWire
import Testing

/// The name server as stock Pyro programs of both generations use it.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonNamesTests {
    @Test(
        "locate_ns finds it, and every remote method answers", arguments: SerializerFormat.allCases,
        PyroGeneration.allCases)
    func everyMethod(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await NameServerSide()
        let client = try PythonProcess(
            "names.py", home: side.home, side.port, side.uri, format.rawValue, generation: generation)
        await client.finish().expectAllCases()
        await side.close()
    }

    /// How the control tools of the two generations differ.
    private struct Tool {
        let module: String
        let all: String
        let any: String
        let tags: String

        init(_ generation: PyroGeneration) {
            (module, all, any, tags) =
                switch generation {
                case .pyro4: ("Pyro4.nsc", "listmeta_all", "listmeta_any", "['printer']")
                case .pyro5: ("Pyro5.nsc", "yplookup_all", "yplookup_any", "{'printer'}")
                }
        }
    }

    @Test("pyro4-nsc and pyro5-nsc do all their commands", arguments: PyroGeneration.allCases)
    func controlTool(generation: PyroGeneration) async throws {
        let side = try await NameServerSide()
        let tool = Tool(generation)
        func nsc(_ command: String..., says text: String, input: String? = nil) async throws {
            let process = try PythonProcess(
                arguments: [
                    "-m", "lantern_pyro", "--home", side.home.path, "-m", tool.module, "-n", "127.0.0.1",
                    "-p", side.port,
                ] + command)
            if let input { try process.tell(input) }
            let report = await process.finish()
            let output = report.output.joined(separator: "\n")
            #expect(output.contains(text), "\(command): \(output) \(report.errors)")
        }
        try await nsc("ping", says: "Name server ping ok.")
        try await nsc("register", "app.one", "PYRO:one@host.example:1", says: "Registered app.one")
        try await nsc("register", "app.one", "PYRO:one@host.example:1", says: "Error: NamingError")
        try await nsc("register", "app.two", "PYRO:two@host.example:2", says: "Registered app.two")
        try await nsc("setmeta", "app.two", "printer", says: "Metadata updated")
        try await nsc("lookup", "app.two", says: "metadata: \(tool.tags)")
        try await nsc("lookup", "app.none", says: "Error: NamingError")
        try await nsc("list", says: "app.one --> PYRO:one@host.example:1")
        try await nsc("list", "app.t", says: "app.two --> PYRO:two@host.example:2")
        try await nsc("listmatching", "app\\..*", says: "app.one --> PYRO:one@host.example:1")
        try await nsc(tool.all, "printer", says: "app.two --> PYRO:two@host.example:2")
        try await nsc(tool.any, "printer", "fax", says: "app.two --> PYRO:two@host.example:2")
        try await nsc("setmeta", "app.two", says: "Metadata cleared")
        try await nsc("remove", "app.one", says: "Removed app.one")
        try await nsc("remove", "app.one", says: "Nothing removed")
        try await nsc("removematching", "app.*", says: "1 items removed.", input: "y")
        await side.close()
    }

    @Test("a Lantern client uses the name servers of Pyro4 and Pyro5", arguments: PyroGeneration.allCases)
    func pythonNameServer(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let server = try PythonProcess(
            arguments: [
                "-m", "lantern_pyro", "--home", homes[0].path,
                "-m", generation == .pyro4 ? "Pyro4.naming" : "Pyro5.nameserver",
                "-n", "127.0.0.1", "-p", "0", "-x",
            ])
        var port: Int?
        while port == nil {
            let line = try await server.line()
            if line.hasPrefix("URI = ") { port = Int(line.split(separator: ":").last ?? "") }
        }
        var settings = try Settings.load(homes[1])
        settings.nameServer = NameServerAddress(host: "127.0.0.1", port: try #require(port))
        let client = try Client(settings: settings)
        let names = try client.nameServer()
        let uri = try PyroURI("PYRO:obj@localhost:1234")
        try await names.ping()
        try await names.register("swift.one", uri: uri, metadata: ["kind:demo"])
        #expect(try await names.lookup("swift.one") == uri)
        #expect(try await names.list(prefix: "swift.") == ["swift.one": uri])
        try await names.register("swift.two", uri: uri, metadata: ["kind:demo", "paper:A4"])
        #expect(try await names.list(withAll: ["kind:demo", "paper:A4"]) == ["swift.two": uri])
        #expect(
            try await Set(names.list(withAny: ["kind:demo", "paper:A3"]).keys) == ["swift.one", "swift.two"])
        #expect(try await names.list(withAll: ["paper:A3"]).isEmpty)
        #expect(try await names.list(regex: "swift\\.t").keys.sorted() == ["swift.two"])
        #expect(
            try await names.entries(prefix: "swift.t")["swift.two"]?.metadata == ["kind:demo", "paper:A4"])
        #expect(try await client.resolve(PyroURI("PYROMETA:paper:A4")) == uri)
        #expect(try await names.remove("swift.two"))
        #expect(try await names.count() == 2)
        let error = await #expect(throws: LanternError.self) { try await names.lookup("swift.none") }
        #expect(error?.code == .notFound)
        #expect(try await names.remove("swift.one"))
        #expect(try await !names.remove("swift.one"))
        await client.shutdown()
        await server.stop()
    }
}
