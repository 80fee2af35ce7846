import Lantern
import LanternWire
import Synchronization
import Testing

@testable import LanternNameServer

@Suite(.timeLimit(.minutes(1)))
struct AutocleanTests {
    /// Ports that answer.
    private final class Net: Sendable {
        let dead = Mutex<Set<Int>>([])
        let asked = Mutex<[Int]>([])

        func answers(_ place: PyroURI.Location) -> Bool {
            guard case .host(_, let port) = place else { return true }
            asked.withLock { $0.append(port) }
            return dead.withLock { !$0.contains(port) }
        }
    }

    private func names(_ fixture: RegistryFixture) async throws -> [String] {
        try await fixture.registry.list().map(\.name)
    }

    @Test("who does not answer for long enough is removed; who answers in between is not")
    func patience() async throws {
        try await RegistryFixture.run { fixture in
            let net = Net()
            let settings = AutocleanSettings(interval: .seconds(5), patience: .seconds(20))
            let clean = Autoclean(settings, clock: fixture.time.clock) { net.answers($0) }
            let alice = RegistryFixture.alice
            try await fixture.registry.registerSelf(uri: "PYRO:Pyro.NameServer@h:9", metadata: [])
            try await fixture.registry.register("alive", uri: "PYRO:o@h:1", by: alice)
            try await fixture.registry.register("dead", uri: "PYRO:o@h:2", by: alice)
            try await fixture.registry.register("dead too", uri: "PYRO:p@h:2", by: alice)
            try await fixture.registry.register("alias", uri: "PYRONAME:dead", by: alice)
            try await fixture.serve("leased", "PYRO:o@h:2", under: try await fixture.lease(86_400_000))
            net.dead.withLock { $0 = [2, 9] }
            #expect(try await clean.round(fixture.registry).isEmpty)
            // Each address once, none of the name server's own and of leases.
            #expect(net.asked.withLock { $0.sorted() } == [1, 2])
            fixture.time.advance(4_999)
            #expect(try await clean.round(fixture.registry).isEmpty)
            #expect(net.asked.withLock { $0.count } == 2)
            fixture.time.advance(1)
            net.dead.withLock { $0 = [] }
            _ = try await clean.round(fixture.registry)
            net.dead.withLock { $0 = [2] }
            for _ in 0..<4 {
                fixture.time.advance(5_000)
                #expect(try await clean.round(fixture.registry).isEmpty)
            }
            fixture.time.advance(5_000)
            #expect(try await clean.round(fixture.registry).map(\.name) == ["dead", "dead too"])
            #expect(try await names(fixture) == ["Pyro.NameServer", "alias", "alive", "leased"])
        }
    }

    @Test("what was registered anew meanwhile stays")
    func registeredAnew() async throws {
        try await RegistryFixture.run { fixture in
            let registry = fixture.registry
            let settings = AutocleanSettings(interval: .seconds(3), patience: .zero)
            let clean = Autoclean(settings, clock: fixture.time.clock) { _ in
                try? await registry.register("n", uri: "PYRO:new@h:1", by: RegistryFixture.alice)
                return false
            }
            try await registry.register("n", uri: "PYRO:old@h:2", by: RegistryFixture.alice)
            #expect(try await clean.round(registry).isEmpty)
            #expect(try await registry.lookup("n").uri == "PYRO:new@h:1")
        }
    }

    @Test("intervals are Pyro's least at least")
    func interval() {
        #expect(AutocleanSettings(interval: .seconds(1)).interval == .seconds(3))
        #expect(AutocleanSettings(interval: .seconds(4)).interval == .seconds(4))
    }
}
