import Lantern
import LanternValue
import Testing

/// What Pyro4's asynchronous calls did, done with tasks.
@Suite(.timeLimit(.minutes(2)))
struct FutureTests {
    @Test("K1 K2 K3 K4 K5 calls that are started now and awaited later")
    func tasks() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter()
        async let first = counter.describe(name: "a", times: 1)
        async let second = counter.describe(name: "b", times: 2)
        #expect(try await [first, second] == ["a x1", "b x2"])
        let task = Task { try await counter.describe(name: "c", times: 3) }
        let chained = Task { try await task.value.count }
        #expect(try await chained.value == 4)
        let failing = Task { try await counter.fail(with: "lamp") }
        let handled = Task { () -> String in
            do {
                try await failing.value
                return "no error"
            } catch {
                return "\(error)"
            }
        }
        #expect(await handled.value.contains("lamp"))
        var batch = try loopback.dynamic().batch()
        batch.add("add", 1)
        batch.add("add", 2)
        let ready = batch
        let results = Task { try await ready.run().map { try $0.get() } }
        #expect(try await results.value == [1, 3])
        await loopback.close()
    }

    @Test("K6 a call that is not wanted any more is cancelled, here and at the far side")
    func cancelled() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter()
        let task = Task { try await counter.wait() }
        try await loopback.gate.wait("waiting")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await loopback.gate.wait("cancelled")
        await loopback.close()
    }
}
