import Lantern
import LanternTesting
import LanternWire
import Testing

/// The name server as stock Pyro5 programs use it.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonNamesTests {
    @Test("locate_ns finds it, and every remote method answers", arguments: SerializerFormat.allCases)
    func everyMethod(format: SerializerFormat) async throws {
        let side = try await NameServerSide()
        let client = try PythonProcess("names.py", home: side.home, side.port, side.uri, format.rawValue)
        await client.finish().expectAllCases()
        await side.close()
    }

    @Test("pyro5-nsc does all its commands")
    func controlTool() async throws {
        let side = try await NameServerSide()
        func nsc(_ command: String..., says text: String, input: String? = nil) async throws {
            let tool = try PythonProcess(
                arguments: [
                    "-m", "lantern_pyro", "--home", side.home.path, "-m", "Pyro5.nsc", "-n", "127.0.0.1",
                    "-p",
                    side.port,
                ] + command)
            if let input { try tool.tell(input) }
            let report = await tool.finish()
            let output = report.output.joined(separator: "\n")
            #expect(output.contains(text), "\(command): \(output) \(report.errors)")
        }
        try await nsc("ping", says: "Name server ping ok.")
        try await nsc("register", "app.one", "PYRO:one@host.example:1", says: "Registered app.one")
        try await nsc("register", "app.one", "PYRO:one@host.example:1", says: "Error: NamingError")
        try await nsc("register", "app.two", "PYRO:two@host.example:2", says: "Registered app.two")
        try await nsc("setmeta", "app.two", "printer", says: "Metadata updated")
        try await nsc("lookup", "app.two", says: "metadata: {'printer'}")
        try await nsc("lookup", "app.none", says: "Error: NamingError")
        try await nsc("list", says: "app.one --> PYRO:one@host.example:1")
        try await nsc("list", "app.t", says: "app.two --> PYRO:two@host.example:2")
        try await nsc("listmatching", "app\\..*", says: "app.one --> PYRO:one@host.example:1")
        try await nsc("yplookup_all", "printer", says: "app.two --> PYRO:two@host.example:2")
        try await nsc("yplookup_any", "printer", "fax", says: "app.two --> PYRO:two@host.example:2")
        try await nsc("setmeta", "app.two", says: "Metadata cleared")
        try await nsc("remove", "app.one", says: "Removed app.one")
        try await nsc("remove", "app.one", says: "Nothing removed")
        try await nsc("removematching", "app.*", says: "1 items removed.", input: "y")
        await side.close()
    }

    @Test("a Lantern client uses Pyro5's own name server")
    func pythonNameServer() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let server = try PythonProcess(
            arguments: [
                "-m", "lantern_pyro", "--home", homes[0].path, "-m", "Pyro5.nameserver", "-n", "127.0.0.1",
                "-p",
                "0", "-x",
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
        #expect(try await names.list(withAll: ["kind:demo"]) == ["swift.one": uri])
        #expect(try await names.count() == 2)
        let error = await #expect(throws: LanternError.self) { try await names.lookup("swift.none") }
        #expect(error?.code == .notFound)
        #expect(try await names.remove("swift.one"))
        #expect(try await !names.remove("swift.one"))
        await client.shutdown()
        await server.stop()
    }
}
