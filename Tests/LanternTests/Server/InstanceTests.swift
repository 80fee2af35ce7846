import Lantern
import LanternValue
import LanternWire
import Synchronization
import Testing

/// Factories, instance modes and the registry.
@Suite(.timeLimit(.minutes(2)))
struct InstanceTests {
    /// Counts what it makes; fails as often as it is told to.
    private final class Factory: Sendable {
        private let state: Mutex<(made: Int, failures: Int)>
        init(failures: Int = 0) { state = Mutex((0, failures)) }
        var made: Int { state.withLock(\.made) }
        func make() throws -> any Counter {
            try state.withLock { state in
                guard state.failures == 0 else {
                    state.failures -= 1
                    throw RemoteError(type: "builtins.OSError", message: "not yet")
                }
                state.made += 1
            }
            return CounterService()
        }
    }

    private func register(_ loopback: Loopback, _ mode: InstanceMode, _ factory: Factory) async throws
        -> String
    {
        try await loopback.daemon.register((any Counter).self, instances: mode, id: "made") {
            try factory.make()
        }.description
    }

    @Test("C3 C18: a single instance serves all connections")
    func single() async throws {
        let loopback = try await Loopback()
        let factory = Factory()
        let uri = try await register(loopback, .single, factory)
        #expect(factory.made == 0)
        for expected in 1...3 {
            let proxy = try loopback.client.dynamicProxy(uri)
            #expect(try await proxy.call("add", 1) == .int(Int64(expected)))
        }
        #expect(factory.made == 1)
        await loopback.close()
    }

    @Test("many first calls at once make one single instance")
    func singleAtOnce() async throws {
        let loopback = try await Loopback()
        let factory = Factory()
        let proxy = try loopback.client.dynamicProxy(try await register(loopback, .single, factory))
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { _ = try await proxy.call("add", 1) } }
            try await group.waitForAll()
        }
        #expect(try await proxy.attribute("total") == 50)
        #expect(factory.made == 1)
        await loopback.close()
    }

    @Test("C3 C17: a session instance lives as long as its connection")
    func session() async throws {
        let loopback = try await Loopback()
        let factory = Factory()
        let uri = try await register(loopback, .session, factory)
        let one = try loopback.client.dynamicProxy(uri)
        let two = try loopback.client.dynamicProxy(uri)
        #expect(try await one.call("add", 1) == 1)
        #expect(try await one.call("add", 1) == 2)
        #expect(try await two.call("add", 1) == 1)
        one.remote.close()
        #expect(try await one.call("add", 1) == 1)
        #expect(factory.made == 3)
        await loopback.close()
    }

    @Test("C3 C19: an instance per call is new for each call, and one for a whole batch")
    func perCall() async throws {
        let loopback = try await Loopback()
        let factory = Factory()
        let proxy = try loopback.client.dynamicProxy(try await register(loopback, .perCall, factory))
        for _ in 0..<2 { #expect(try await proxy.call("add", 1) == 1) }
        var batch = proxy.batch()
        for _ in 0..<3 { batch.add("add", 1) }
        #expect(try await batch.run().map { try $0.get() } == [1, 2, 3])
        #expect(factory.made == 3)
        await loopback.close()
    }

    @Test("C20: a factory that failed is asked again", arguments: [InstanceMode.single, .session, .perCall])
    func failing(mode: InstanceMode) async throws {
        let loopback = try await Loopback()
        let factory = Factory(failures: 2)
        let proxy = try loopback.client.dynamicProxy(try await register(loopback, mode, factory))
        for _ in 0..<2 {
            let error = await #expect(throws: RemoteError.self) { try await proxy.call("add", 1) }
            #expect(error?.type == "builtins.OSError")
            #expect(error?.message == "not yet")
        }
        #expect(try await proxy.call("add", 1) == 1)
        #expect(factory.made == 1)
        await loopback.close()
    }

    @Test("C4 C5: an id is taken once; unregistered, it is unknown and free again")
    func registerTwice() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        #expect(try await proxy.call("add", 1) == 1)
        let error = await #expect(throws: LanternError.self) {
            try await loopback.daemon.register(CounterService(), as: (any Counter).self, id: "counter")
        }
        #expect(error?.code == .alreadyRegistered)
        try await loopback.daemon.unregister("counter")
        let gone = await #expect(throws: RemoteError.self) { try await proxy.call("add", 1) }
        #expect(gone?.message == "unknown object")
        try await loopback.daemon.register(CounterService(), as: (any Counter).self, id: "counter")
        #expect(try await proxy.call("add", 5) == 5)
        try await loopback.daemon.unregister("never there")
        await loopback.close()
    }

    @Test("the daemon's own object is neither replaced nor taken away")
    func ownObject() async throws {
        let loopback = try await Loopback()
        let taken = await #expect(throws: LanternError.self) {
            try await loopback.daemon.register(CounterService(), as: (any Counter).self, id: "Pyro.Daemon")
        }
        #expect(taken?.code == .alreadyRegistered)
        let kept = await #expect(throws: LanternError.self) {
            try await loopback.daemon.unregister("Pyro.Daemon")
        }
        #expect(kept?.code == .misuse)
        await loopback.close()
    }

    @Test("ids that nobody chose are different and cannot be guessed")
    func randomIDs() async throws {
        let loopback = try await Loopback()
        var ids: Set<String> = []
        for _ in 0..<20 {
            let uri = try await loopback.daemon.register(CounterService(), as: (any Counter).self)
            #expect(uri.object.hasPrefix("obj_"))
            #expect(uri.object.utf8.count == 36)
            ids.insert(uri.object)
        }
        #expect(ids.count == 20)
        await loopback.close()
    }
}
