import LanternTesting
import LanternTrust
import LanternWire
import Testing

@testable import Lantern

/// Objects that a daemon does not hold.
@Suite(.timeLimit(.minutes(2)))
struct WeakRegistrationTests {
    @Test("C6 weak registration: an object goes away with its last holder, and so does its id")
    func weak() async throws {
        let loopback = try await FactoryLoopback()
        let factory = try loopback.remote()
        let desk = try await factory.makeWeak("ann")
        #expect(try await desk.speak("x") == "ann says x")
        #expect(loopback.daemon.core.registry.ids.contains("desk-ann"))
        await loopback.factory.forget()
        let error = await #expect(throws: RemoteError.self) { try await desk.speak("x") }
        #expect(error?.message == "unknown object")
        #expect(!loopback.daemon.core.registry.ids.contains("desk-ann"))
        // The id is free again.
        #expect(try await factory.make("ann").speak("y") == "ann says y")
        await loopback.close()
    }

    @Test("a weakly registered object is not held, a strongly registered one is")
    func held() async throws {
        let loopback = try await FactoryLoopback()
        weak var one: Clerk?
        weak var two: Clerk?
        do {
            let clerks = (Clerk("one"), Clerk("two"))
            (one, two) = clerks
            try await loopback.daemon.register(clerks.0, as: (any Bureau).self, id: "one", weak: true)
            try await loopback.daemon.register(clerks.1, as: (any Bureau).self, id: "two")
            #expect(try loopback.daemon.uri(for: clerks.0, as: (any Bureau).self).object == "one")
        }
        #expect(one == nil)
        #expect(two != nil)
        loopback.daemon.core.registry.houseKeeping()
        #expect(loopback.daemon.core.registry.ids == ["Pyro.Daemon", "factory", "two"])
        try await loopback.daemon.register(Clerk("new"), as: (any Bureau).self, id: "one")
        await loopback.close()
    }

    @Test("a new object at the address of one that is gone is not taken for it")
    func reusedAddress() throws {
        let registry = ObjectRegistry()
        let contract = ObjectIdentifier((any Bureau).self)
        for number in 0..<100 {
            let clerk = Clerk("\(number)")
            #expect(registry.object(holding: clerk, as: contract) == nil)
            let instance = RegisteredInstance(clerk, contract: contract, isWeak: true)
            try registry.register(
                RegisteredObject(
                    id: "\(number)",
                    target: ContractTarget(
                        #remoteContract() as RemoteContract<any Bureau>, provider: .weak(instance)),
                    options: .init(), instance: instance), replacing: false)
            #expect(registry.object(holding: clerk, as: contract)?.id == "\(number)")
        }
        #expect(registry.ids.isEmpty)
        registry.houseKeeping()
    }

    @Test("structs, and objects with a name, cannot be registered weakly")
    func refused() async throws {
        struct Plain: Bureau { func speak(_ text: String) async throws -> String { text } }
        let loopback = try await FactoryLoopback()
        let error = await #expect(throws: LanternError.self) {
            try await loopback.daemon.register(Plain(), as: (any Bureau).self, weak: true)
        }
        #expect(error?.code == .misuse)
        let named = await #expect(throws: LanternError.self) {
            try await loopback.daemon.register(Clerk("x"), as: (any Bureau).self, name: "x", weak: true)
        }
        #expect(named?.code == .misuse)
        await loopback.close()
    }
}
