import Lantern
import LanternNameServer
import Synchronization
import Testing

/// A clock that goes when a test says so.
final class ManualClock: Sendable {
    private let time = Mutex<Int64>(1_000_000)

    var now: Int64 { time.withLock { $0 } }
    var clock: NameClock { NameClock { self.now } }

    func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

/// A registry over one of the stores, with a clock of the test's.
struct RegistryFixture: Sendable {
    static let alice = NameActor("spiffe://lantern.test/alice")
    static let bob = NameActor("spiffe://lantern.test/bob")

    let registry: NameRegistry
    let store: any NameStore
    let time: ManualClock

    static func run(
        _ kind: StoreKind = .memory, history: Int = 1_000,
        _ change: (inout NameRegistrySettings) -> Void = { _ in },
        _ test: (RegistryFixture) async throws -> Void
    ) async throws {
        var settings = NameRegistrySettings()
        change(&settings)
        try await kind.run(history: history) { store in
            let time = ManualClock()
            let registry = NameRegistry(store: store, settings: settings, clock: time.clock)
            try await test(RegistryFixture(registry: registry, store: store, time: time))
        }
    }

    /// One instance of a name, under a lease.
    @discardableResult
    func serve(
        _ name: String, _ uri: String, under lease: NameLease?, weight: Int = 100, tags: [String] = [],
        isExclusive: Bool = false, takingOver: Bool = false, by actor: NameActor = alice
    ) async throws -> Int64 {
        try await registry.register(
            [NameRegistration(name, uri: uri, weight: weight, tags: tags, isExclusive: isExclusive)],
            epoch: lease?.epoch, takingOver: takingOver, by: actor)
    }

    func lease(_ milliseconds: Int64 = 5_000, by actor: NameActor = alice) async throws -> NameLease {
        try await registry.grant(milliseconds: milliseconds, by: actor)
    }

    func uris(_ name: String) async throws -> [String] {
        try await registry.lookup(name).instances.map(\.uri)
    }

    static func expect(
        _ code: NamingError.Code, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: NamingError.self, sourceLocation: sourceLocation) {
            try await body()
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
    }
}
