import Lantern
import LanternTesting
import LanternTrust
import LanternValue
import Testing

/// Objects passed between Lantern and stock Pyro programs, and called over connections of their own.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct CallbackInteropTests {
    static let formats: [SerializerFormat] = [.serpent, .json, .msgpack]
    static let allowAll = PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"])

    private func settings(_ home: LanternHome) throws -> Settings {
        var settings = try Settings.load(home)
        settings.listen = ListenSettings(host: "127.0.0.1")
        settings.policy = try PolicyTable(rules: [Self.allowAll])
        return settings
    }

    @Test(
        "A15 A16 A18 C6 C21 D12 a Python client's objects are called by a Lantern daemon", arguments: formats,
        PyroGeneration.allCases)
    func pythonClient(format: SerializerFormat, generation: PyroGeneration) async throws {
        let homes = try TestHosts.kept(["server", "client"])
        let daemon = try await Daemon(settings: settings(homes.homes[0]))
        let uri = try await daemon.register(SwiftOffice(daemon), as: (any Office).self, id: "office")
        let client = try PythonProcess(
            "callback_client.py", home: homes.homes[1], uri.description, format.rawValue,
            generation: generation)
        await client.finish().expectAllCases()
        await daemon.shutdown()
    }

    @Test(
        "A15 A18 C6 D12 a Lantern program's objects are called by a Python daemon", arguments: formats,
        PyroGeneration.allCases)
    func pythonServer(format: SerializerFormat, generation: PyroGeneration) async throws {
        let homes = try TestHosts.kept(["server", "client"])
        let server = try PythonProcess("callback_server.py", home: homes.homes[0], generation: generation)
        let location = try await server.ready()
        let daemon = try await Daemon(settings: settings(homes.homes[1]))
        let office = try await daemon.proxy(
            (any Office).self, "PYRO:office@\(location)", options: ProxyOptions(serializer: format))

        let (ann, bob) = (Clerk("ann"), Clerk("bob"))
        try await daemon.register(ann, as: (any Bureau).self)
        try await daemon.register(bob, as: (any Bureau).self)
        #expect(try await office.speak(ann, "hi") == "ann says hi")
        let all = try await office.speakAll([ann, bob], ["b": bob, "a": ann])
        #expect(all == ["ann says all", "bob says all", "ann says all", "bob says all"])
        #expect(try await office.fail(ann) == "KeyError 'no ann'")
        let chain = try await office.chain(ann)
        #expect(chain.count == 2 && chain.first == chain.last)
        for _ in 0..<3 { _ = await ann.next() }
        try await office.later(ann, "later")
        #expect(await ann.next() == "later")

        let hired = try await office.hire("python")
        #expect(try await hired.speak("hi") == "python says hi")
        let many = try await office.hireMany(3)["desks"] ?? []
        #expect(many.count == 3)
        #expect(try await many.last?.speak("x") == "many2 says x")
        let passed = try await office.passOn(hired)
        #expect(RemoteProxy.of(passed) == RemoteProxy.of(hired))
        #expect(try await passed.speak("again") == "python says again")
        #expect(try await office.place().description == "PYRO:desk@localhost:1234")

        await daemon.shutdown()
        await server.stop()
    }

    @Test("a client that serves nothing cannot hand objects to Python, and is told why")
    func withoutDaemon() async throws {
        let homes = try TestHosts.kept(["server", "client"])
        let server = try PythonProcess("callback_server.py", home: homes.homes[0])
        let location = try await server.ready()
        let client = try Client(settings: settings(homes.homes[1]))
        let office = try client.proxy((any Office).self, "PYRO:office@\(location)")
        let error = await #expect(throws: LanternError.self) { try await office.speak(Clerk("ann"), "hi") }
        #expect(error?.code == .notSupported)
        #expect(error?.detail.contains("register the Bureau with a Daemon") == true)
        // A proxy needs no daemon.
        let hired = try await office.hire("python")
        #expect(RemoteProxy.of(try await office.passOn(hired)) == RemoteProxy.of(hired))
        await client.shutdown()
        await server.stop()
    }

    @Test("marshal: Python's proxies travel, objects do not")
    func marshal() async throws {
        let homes = try TestHosts.kept(["server", "client"])
        let server = try PythonProcess("callback_server.py", home: homes.homes[0])
        let location = try await server.ready()
        let daemon = try await Daemon(settings: settings(homes.homes[1]))
        let office = try await daemon.proxy(
            (any Office).self, "PYRO:office@\(location)", options: ProxyOptions(serializer: .marshal))
        let ann = Clerk("ann")
        try await daemon.register(ann, as: (any Bureau).self)
        let error = await #expect(throws: LanternError.self) { try await office.speak(ann, "hi") }
        #expect(error?.code == .notSupported)
        let proxy = try daemon.proxy(for: ann, as: (any Bureau).self)
        #expect(try await office.speak(proxy, "hi") == "ann says hi")
        await daemon.shutdown()
        await server.stop()
    }
}

extension TestHosts {
    /// Homes together with the object that removes them when it goes.
    fileprivate static func kept(_ names: [String]) throws -> (hosts: TestHosts, homes: [LanternHome]) {
        let hosts = try TestHosts()
        return (hosts, try hosts.homes(names))
    }
}
