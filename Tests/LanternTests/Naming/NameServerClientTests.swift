import Lantern
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Synchronization
import Testing

/// The client of name servers, towards an object that answers as a test tells it to.
@Suite(.timeLimit(.minutes(2)))
struct NameServerClientTests {
    /// Remembers what was asked and gives the answers that were laid out.
    private final class FakeNameServer: DynamicObject {
        let asked = Mutex<[String]>([])
        let answers: [String: Value]
        init(_ answers: [String: Value]) { self.answers = answers }

        let members = DynamicMembers(methods: [
            "ping", "count", "lookup", "register", "remove", "set_metadata", "list", "yplookup",
        ])

        func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
            let keywords = arguments.keywords.map { "\($0.0)=\(Self.text($0.1))" }
            let words = arguments.positional.map(Self.text) + keywords
            asked.withLock { $0.append("\(member)(\(words.joined(separator: ", ")))") }
            guard let answer = answers[member] else {
                throw RemoteError(type: "Pyro5.errors.NamingError", message: "unknown name: x")
            }
            return .value(answer)
        }

        private static func text(_ value: Value) -> String {
            if case .none = value { return "None" }
            if let text = value.textValue { return "'\(text)'" }
            if let flag = value.boolValue { return "\(flag)" }
            return "[" + (value.elements ?? []).map(text).joined(separator: ", ") + "]"
        }
    }

    private static let uri = "PYRO:counter@127.0.0.1:4000"

    private func serving(
        _ answers: [String: Value], _ body: (NameServerClient, FakeNameServer, Loopback) async throws -> Void
    ) async throws {
        let loopback = try await Loopback()
        let fake = FakeNameServer(answers)
        try await loopback.daemon.register(dynamic: fake, id: "Pyro.NameServer")
        let names = try loopback.client.nameServer(at: .host("127.0.0.1", port: loopback.daemon.port))
        try await body(names, fake, loopback)
        await loopback.close()
    }

    @Test("each question is asked as Pyro's name server expects it")
    func questions() async throws {
        let answers: [String: Value] = [
            "ping": .none, "count": 3, "lookup": .text(Self.uri), "register": .none, "remove": 1,
            "set_metadata": .none, "list": .map([ValuePair("a", .text(Self.uri))]),
            "yplookup": .map([ValuePair("a", .tuple([.text(Self.uri), .list(["x"])]))]),
        ]
        try await serving(answers) { names, fake, _ in
            let uri = try PyroURI(Self.uri)
            try await names.ping()
            #expect(try await names.count() == 3)
            #expect(try await names.lookup("a") == uri)
            try await names.register("a", uri: uri, safe: true, metadata: ["x", "b"])
            try await names.register("a", uri: uri)
            #expect(try await names.remove("a"))
            #expect(try await names.remove(prefix: "p") == 1)
            #expect(try await names.remove(regex: "r") == 1)
            try await names.setMetadata("a", ["y"])
            #expect(try await names.list(prefix: "p") == ["a": uri])
            #expect(try await names.list(regex: "r") == ["a": uri])
            #expect(try await names.list(withAll: ["x"]) == ["a": uri])
            #expect(try await names.list(withAny: ["x"]) == ["a": uri])
            #expect(
                fake.asked.withLock { $0 } == [
                    "ping()", "count()", "lookup('a')", "register('a', '\(Self.uri)', true, ['b', 'x'])",
                    "register('a', '\(Self.uri)', false, None)", "remove('a')", "remove(prefix='p')",
                    "remove(regex='r')",
                    "set_metadata('a', ['y'])", "list(prefix='p')", "list(regex='r')",
                    "yplookup(meta_all=['x'])",
                    "yplookup(meta_any=['x'])",
                ])
        }
    }

    @Test("a URI comes as text or as Pyro's class")
    func uriClass() async throws {
        let value: Value = .map([
            ValuePair("__class__", "Pyro5.core.URI"),
            ValuePair("state", .tuple(["PYRO", "counter", .none, "127.0.0.1", 4000])),
        ])
        try await serving(["lookup": value]) { names, _, _ in
            let found = try await names.lookup("a")
            #expect(found.description == Self.uri)
        }
    }

    @Test("an unknown name is told as such")
    func unknown() async throws {
        try await serving([:]) { names, _, loopback in
            let error = await #expect(throws: LanternError.self) { try await names.lookup("a") }
            #expect(error?.code == .notFound)
            let uri = "PYRONAME:a@127.0.0.1:\(loopback.daemon.port)"
            let proxy = try loopback.client.dynamicProxy(uri)
            let called = await #expect(throws: LanternError.self) { try await proxy.call("add", 1) }
            #expect(called?.code == .notFound)
        }
    }

    @Test(
        "answers that make no sense are refused",
        arguments: [Value.none, 5, "nonsense", .map([]), .list([1])])
    func nonsense(value: Value) async throws {
        try await serving(["lookup": value, "list": 5, "yplookup": .map([ValuePair("a", 5)])]) {
            names, _, _ in
            await #expect(throws: (any Error).self) { try await names.lookup("a") }
            await #expect(throws: LanternError.self) { try await names.list() }
            await #expect(throws: LanternError.self) { try await names.list(withAll: ["x"]) }
        }
    }

    @Test("PYRONAME and PYROMETA find the object that was registered")
    func resolved() async throws {
        let loopback = try await Loopback()
        let fake = FakeNameServer([
            "lookup": .text(loopback.uri),
            "yplookup": .map([ValuePair("a", .tuple([.text(loopback.uri), .list(["x"])]))]),
        ])
        try await loopback.daemon.register(dynamic: fake, id: "Pyro.NameServer")
        let place = "127.0.0.1:\(loopback.daemon.port)"
        #expect(try await loopback.client.dynamicProxy("PYRONAME:a@\(place)").call("add", 1) == 1)
        #expect(try await loopback.client.dynamicProxy("PYROMETA:x,y@\(place)").call("add", 1) == 2)
        await loopback.close()
        let empty = try await Loopback()
        try await empty.daemon.register(
            dynamic: FakeNameServer(["yplookup": .map([])]), id: "Pyro.NameServer")
        let proxy = try empty.client.dynamicProxy("PYROMETA:x@127.0.0.1:\(empty.daemon.port)")
        let error = await #expect(throws: LanternError.self) { try await proxy.call("add", 1) }
        #expect(error?.code == .notFound)
        await empty.close()
    }

    @Test("a daemon registers under a name and takes it back, by unregistering and by ending")
    func daemonNames() async throws {
        let loopback = try await Loopback()
        let fake = FakeNameServer(["register": .none, "remove": 1])
        try await loopback.daemon.register(dynamic: fake, id: "Pyro.NameServer")
        let homes = try await Self.service(for: loopback)
        let uri = try await homes.register(CounterService(), as: (any Counter).self, name: "one")
        #expect(uri.object == "one")
        try await homes.register(CounterService(), as: (any Counter).self, id: "2", name: "two")
        try await homes.unregister("one")
        await homes.shutdown()
        #expect(fake.asked.withLock { $0.suffix(2) } == ["remove('one')", "remove('two')"])
        await loopback.close()
    }

    @Test("an object whose name cannot be registered is not left behind")
    func nameRefused() async throws {
        let loopback = try await Loopback()
        try await loopback.daemon.register(dynamic: FakeNameServer([:]), id: "Pyro.NameServer")
        let service = try await Self.service(for: loopback)
        await #expect(throws: RemoteError.self) {
            try await service.register(CounterService(), as: (any Counter).self, name: "one")
        }
        #expect(service.core.registry.ids == ["Pyro.Daemon"])
        await service.shutdown()
        await loopback.close()
    }

    /// A daemon with the client's identity, whose name server is the daemon of the loopback.
    private static func service(for loopback: Loopback) async throws -> Daemon {
        var settings = loopback.caller
        settings.listen.host = "127.0.0.1"
        settings.nameServer = NameServerAddress(host: "127.0.0.1", port: loopback.daemon.port)
        return try await Daemon(settings: settings)
    }
}
