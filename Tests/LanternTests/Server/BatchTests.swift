import Lantern
import LanternValue
import LanternWire
import Testing

@Suite(.timeLimit(.minutes(2)))
struct BatchTests {
    @Test("A10: results come in order, in every serializer", arguments: SerializerFormat.allCases)
    func inOrder(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        var batch = try loopback.dynamic(ProxyOptions(serializer: format)).batch()
        batch.add("add", 1)
        batch.add("describe", keywords: ["name": "lamp", "times": 2])
        batch.add("add", 2)
        #expect(try await batch.run().map { try $0.get() } == [1, "lamp x2", 3])
        await loopback.close()
    }

    @Test("the first error is the last result, and what follows is not done")
    func stopsAtTheFirstError() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        var batch = proxy.batch()
        batch.add("add", 1)
        batch.add("fail", "broken")
        batch.add("add", 10)
        let results = try await batch.run()
        #expect(results.count == 2)
        #expect(try results[0].get() == 1)
        let error = #expect(throws: RemoteError.self) { try results[1].get() }
        #expect(error?.type == "builtins.KeyError")
        #expect(error?.traceback.isEmpty == false)
        #expect(try await proxy.attribute("total") == 1)
        await loopback.close()
    }

    @Test("an argument that does not fit ends the batch where it stands")
    func badArgument() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        var batch = proxy.batch()
        batch.add("add", 1)
        batch.add("add", "text")
        batch.add("add", 1)
        let results = try await batch.run()
        #expect(results.count == 2)
        #expect(throws: RemoteError.self) { try results[1].get() }
        #expect(try await proxy.attribute("total") == 1)
        await loopback.close()
    }

    @Test("an error type that both sides know comes back as itself out of a batch too")
    func registeredError() async throws {
        let loopback = try await Loopback()
        var batch = try loopback.dynamic().batch()
        batch.add("empty", "lamp")
        let results = try await batch.run()
        #expect(throws: NothingLeft(item: "lamp")) { try results[0].get() }
        await loopback.close()
    }

    @Test("A11: a one-way batch is done, and nobody hears of its errors")
    func oneway() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        var batch = proxy.batch()
        batch.add("add", 7)
        batch.add("note", "done")
        batch.add("fail", "broken")
        batch.add("add", 1)
        try await batch.runOneway()
        try await loopback.gate.wait("done")
        #expect(try await proxy.attribute("total") == 7)
        await loopback.close()
    }

    @Test("too many calls are refused together")
    func tooMany() async throws {
        let loopback = try await Loopback { $0.limits.batchCalls = 3 }
        let proxy = try loopback.dynamic()
        var batch = proxy.batch()
        for _ in 0..<3 { batch.add("add", 1) }
        #expect(try await batch.run().count == 3)
        batch.add("add", 1)
        await #expect(throws: RemoteError.self) { _ = try await batch.run() }
        #expect(try await proxy.attribute("total") == 3)
        await loopback.close()
    }

    @Test("an empty batch has no results")
    func empty() async throws {
        let loopback = try await Loopback()
        #expect(try await loopback.dynamic().batch().run().isEmpty)
        await loopback.close()
    }

    @Test("private names, attributes and streams have no place in a batch")
    func misplaced() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        for name in ["__getattr__", "__init__"] {
            var batch = proxy.batch()
            batch.add(name, "total")
            let error = await #expect(throws: RemoteError.self) { _ = try await batch.run() }
            #expect(error?.type == "builtins.AttributeError")
        }
        var batch = proxy.batch()
        batch.add("numbers", 3)
        let results = try await batch.run()
        let error = #expect(throws: RemoteError.self) { try results[0].get() }
        #expect(error?.type == "builtins.TypeError")
        #expect(loopback.daemon.core.streams.count == 0)
        await loopback.close()
    }
}
