import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Lantern clients that call a stock Pyro daemon of either generation; they find out which.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct LanternClientTests {
    @Test(
        "A1 A2 D7 D14: a typed stub calls a Python object", arguments: SerializerFormat.allCases,
        PyroGeneration.allCases)
    func typedStub(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let workshop = try side.workshop(format)
        #expect(try await workshop.add(2) == 2)
        #expect(try await workshop.add(-5) == -3)
        #expect(try await workshop.describe(name: "lamp", times: 3) == "lamp x3")
        #expect(try await workshop.originalName())
        #expect(try await workshop.whoCalls() == "spiffe://lantern.test/client")
        #expect(try await workshop.point(Point(x: 1, y: 2.5, label: nil)) == Point(x: 2, y: 2.5, label: nil))
        let text = String(repeating: "ü", count: 200_000)
        #expect(try await workshop.long(text) == text)
        if format != .json { #expect(try await workshop.blob([0, 1, 255]) == [0, 1, 255]) }
        #expect(try await workshop.total == -3)
        #expect(try await workshop.label == "python")
        await side.close()
    }

    @Test(
        "A9 A12: one-way calls and item streams", arguments: SerializerFormat.allCases,
        PyroGeneration.allCases)
    func onewayAndStreams(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let workshop = try side.workshop(format)
        try await workshop.note("first")
        #expect(try await workshop.noted("first"))
        var items: [Int] = []
        for try await item in try await workshop.numbers(upTo: 5) { items.append(item) }
        #expect(items == [0, 1, 2, 3, 4])
        for try await item in try await workshop.numbers(upTo: 1_000_000) where item == 3 { break }
        items = []
        let error = await #expect(throws: RemoteError.self) {
            for try await item in try await workshop.brokenNumbers() { items.append(item) }
        }
        #expect(items == [1])
        #expect(error?.type == "builtins.ValueError")
        #expect(try await workshop.add(1) == 1)
        await side.close()
    }

    @Test(
        "E1 E2 E6: exceptions come with class, arguments and traceback", arguments: SerializerFormat.allCases,
        PyroGeneration.allCases)
    func exceptions(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let workshop = try side.workshop(format)
        let error = await #expect(throws: RemoteError.self) {
            try await workshop.fail(kind: "builtins.KeyError", text: "lamp")
        }
        #expect(error?.type == "builtins.KeyError")
        #expect(error?.arguments == ["lamp"])
        #expect(error?.traceback.contains { $0.contains("server.py") } == true)
        let naming = await #expect(throws: RemoteError.self) {
            try await workshop.fail(
                kind: "\(generation == .pyro4 ? "Pyro4" : "Pyro5").errors.NamingError", text: "no name")
        }
        #expect(naming?.isA("NamingError") == true)
        await #expect(throws: NothingLeft(item: "lamp")) { try await workshop.empty(item: "lamp") }
        let refused = await #expect(throws: RemoteError.self) { try await workshop.secret() }
        #expect(refused?.isA("AttributeError") == true)
        let echo = try side.dynamic("echo", format)
        let custom = await #expect(throws: RemoteError.self) { try await echo.call("custom") }
        #expect(custom?.message.contains("own class") == true)
        let arity = await #expect(throws: RemoteError.self) { try await echo.call("echo") }
        #expect(arity?.type == "builtins.TypeError")
        #expect(try await echo.call("echo", 1) == 1)
        // Pyro ends the connection after a result that it cannot send; the proxy must find its way back.
        await #expect(throws: RemoteError.self) { try await echo.call("unsendable") }
        let again = try await ProxyOptions.$current.withValue(CallOptions(retries: 2)) {
            try await echo.call("echo", 2)
        }
        #expect(again == 2)
        await side.close()
    }

    @Test(
        "A2 A5 A10 A11 D7: a dynamic proxy passes keywords, attributes and batches",
        arguments: SerializerFormat.allCases,
        PyroGeneration.allCases)
    func dynamicProxy(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let proxy = try side.dynamic("workshop", format)
        #expect(
            try await proxy.call("describe", keywords: ["name": "lamp", "times": 2]) == "lamp x2")
        #expect(try await proxy.call("describe", "saw", keywords: ["times": 1]) == "saw x1")
        #expect(try await proxy.attribute("label") == "python")
        try await proxy.setAttribute("label", to: "changed")
        #expect(try await proxy.attribute("label") == "changed")
        var batch = proxy.batch()
        batch.add("add", 1)
        batch.add("describe", "lamp", keywords: ["times": 4])
        #expect(try await batch.run().map { try $0.get() } == [1, "lamp x4"])
        var silent = proxy.batch()
        silent.add("note", "batched")
        try await silent.runOneway()
        #expect(try await proxy.call("noted", "batched") == true)
        try await proxy.oneway("note", arguments: ["dynamic"])
        #expect(try await proxy.call("noted", "dynamic") == true)
        await side.close()
    }

    @Test(
        "a batch ends at the call that fails; marshal has no form for that in Pyro",
        arguments: [SerializerFormat.serpent, .json, .msgpack], PyroGeneration.allCases)
    func failingBatch(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let proxy = try side.dynamic("workshop", format)
        var failing = proxy.batch()
        failing.add("add", 1)
        failing.add("fail", "builtins.ValueError", "in the middle")
        failing.add("add", 100)
        let results = try await failing.run()
        #expect(results.count == 2)
        #expect(try results.first?.get() == 1)
        let error = #expect(throws: RemoteError.self) { try results.last?.get() }
        #expect(error?.type == "builtins.ValueError")
        #expect(try await proxy.call("add", 0) == 1)
        await side.close()
    }

    @Test(
        "A8 C22: metadata lists what Python exposes, and the daemon's own object answers",
        arguments: PyroGeneration.allCases)
    func metadata(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let members = try await side.dynamic("workshop").remote.members()
        #expect(members.methods.isSuperset(of: ["add", "describe", "note", "numbers"]))
        #expect(!members.methods.contains("_secret"))
        #expect(members.oneway == ["note"])
        #expect(members.attributes == ["total", "label"])
        let daemon = try side.dynamic("Pyro.Daemon")
        #expect(try await daemon.call("ping") == .none)
        let registered = try await daemon.call("registered").elements?.compactMap(\.textValue) ?? []
        #expect(Set(registered) == ["Pyro.Daemon", "workshop", "echo"])
        await side.close()
    }

    @Test(
        "A17 K1: calls of many tasks at once on one proxy share one connection and all succeed",
        arguments: PyroGeneration.allCases)
    func manyTasks(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let workshop = try side.workshop()
        let proxy = try side.dynamic("workshop")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let text = try await workshop.describe(name: "n", times: number)
                    #expect(text == "n x\(number)")
                    _ = try await workshop.add(1)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await workshop.total == 50)
        #expect(try await proxy.call("callers") == 1)
        await side.close()
    }

    @Test("an unknown object is an error", arguments: PyroGeneration.allCases)
    func unknownObject(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let nobody = try side.dynamic("nobody")
        let error = await #expect(throws: LanternError.self) { try await nobody.call("echo", 1) }
        #expect(error?.code == .connectionRefused)
        #expect(error?.detail.contains("unknown object") == true)
        await side.close()
    }

    @Test(
        "A3 F4 F6: a proxy connects again after its connection was closed, and after its daemon came back",
        arguments: PyroGeneration.allCases)
    func reconnection(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let echo = try side.dynamic("echo")
        #expect(try await echo.call("echo", 1) == 1)
        echo.remote.close()
        #expect(try await echo.call("echo", 2) == 2)
        await side.server.stop()
        await #expect(throws: (any Error).self) { try await echo.call("echo", 3) }
        let port = String(side.location.split(separator: ":").last ?? "")
        let home = LanternHome(path: side.hosts.directory + "/server")
        let next = try PythonProcess("server.py", home: home, port, generation: generation)
        _ = try await next.ready()
        #expect(try await echo.call("echo", 4) == 4)
        await next.stop()
        await side.close()
    }

    @Test("a shared HMAC key does instead of an Ed25519 one", arguments: PyroGeneration.allCases)
    func sharedKey(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation, algorithm: .hmac)
        #expect(try await side.workshop().add(1) == 1)
        await side.close()
    }
}
