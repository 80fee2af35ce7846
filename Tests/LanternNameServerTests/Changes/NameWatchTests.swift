import Lantern
import Testing

@testable import LanternNameServer

@Suite(.timeLimit(.minutes(1)))
struct NameWatchTests {
    private let uri = "PYRO:o@h:1"

    private func changes(_ watch: NameWatch) async throws -> [String] {
        try await watch.next().changes.map { ($0.details == nil ? "-" : "+") + $0.name }
    }

    private func put(_ fixture: RegistryFixture, _ name: String, _ tags: Set<String> = []) async throws {
        try await fixture.registry.register(name, uri: uri, metadata: tags, by: RegistryFixture.alice)
    }

    private func watch(
        _ fixture: RegistryFixture, _ search: NameSearch, after position: WatchPosition? = nil,
        by actor: NameActor = .anyone
    ) throws -> NameWatch {
        try fixture.registry.watch(search, after: position, by: actor)
    }

    @Test("a watch tells of what its search finds, in order, each once", arguments: StoreKind.allCases)
    func searches(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            let byName = try watch(fixture, NameSearch(name: "a.1"))
            let byPrefix = try watch(fixture, NameSearch(prefix: "a."))
            let byRegex = try watch(fixture, NameSearch(regex: ".*1"))
            let byTag = try watch(fixture, NameSearch(any: ["t", "u"]))
            let byTags = try watch(fixture, NameSearch(all: ["t", "u"]))
            for watch in [byName, byPrefix, byRegex, byTag, byTags] {
                #expect(try await changes(watch) == [])
            }
            try await put(fixture, "a.1", ["t"])
            try await put(fixture, "a.2", ["t", "u"])
            try await put(fixture, "b.1")
            try await put(fixture, "a.2", ["u"])
            try await put(fixture, "a.2")
            #expect(try await fixture.registry.remove(prefix: "a.", by: RegistryFixture.alice) == 2)
            #expect(try await changes(byName) == ["+a.1"])
            #expect(try await changes(byName) == ["-a.1"])
            for expected in [["+a.1"], ["+a.2"], ["+a.2"], ["+a.2"], ["-a.1", "-a.2"]] {
                #expect(try await changes(byPrefix) == expected)
            }
            for expected in [["+a.1"], ["+b.1"], ["-a.1"]] { #expect(try await changes(byRegex) == expected) }
            // Without its tag a name is no longer one of those that are watched.
            for expected in [["+a.1"], ["+a.2"], ["+a.2"], ["-a.2"], ["-a.1"]] {
                #expect(try await changes(byTag) == expected)
            }
            for expected in [["+a.2"], ["-a.2"]] { #expect(try await changes(byTags) == expected) }
        }
    }

    @Test(
        "from a listing's position on nothing is missing and nothing comes twice",
        arguments: StoreKind.allCases)
    func resuming(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            for index in 0..<5 { try await put(fixture, "n\(index)") }
            let listing = try await fixture.registry.find(NameSearch(prefix: "n"), by: .anyone)
            #expect(listing.names.map(\.name) == (0..<5).map { "n\($0)" })
            for index in 5..<20 { try await put(fixture, "n\(index)") }
            var position = listing.position
            var seen: [String] = []
            // Each connection is cut after a few updates.
            for count in [1, 4, 2, 8] {
                let watch = try watch(fixture, NameSearch(prefix: "n"), after: position)
                #expect(try await watch.next().position == position)
                for _ in 0..<count {
                    let update = try await watch.next()
                    seen += update.changes.map(\.name)
                    position = update.position
                }
            }
            #expect(seen == (5..<20).map { "n\($0)" })
        }
    }

    @Test("a step of several names comes as one update", arguments: StoreKind.allCases)
    func steps(kind: StoreKind) async throws {
        try await RegistryFixture.run(kind) { fixture in
            let watch = try watch(fixture, NameSearch(prefix: "n"))
            _ = try await watch.next()
            let names = ["n1", "m", "n2"].map { NameRegistration($0, uri: uri) }
            _ = try await fixture.registry.register(names, epoch: nil, by: RegistryFixture.alice)
            #expect(try await changes(watch) == ["+n1", "+n2"])
        }
    }

    @Test("positions that are too old, of the future or of another store are refused")
    func compacted() async throws {
        try await RegistryFixture.run(.memory, history: 2) { fixture in
            let start = try await fixture.registry.find(NameSearch(), by: .anyone).position
            for index in 0..<3 { try await put(fixture, "n\(index)") }
            let wrong = [
                start, WatchPosition(store: start.store, revision: start.revision + 100),
                WatchPosition(store: "other", revision: start.revision + 3),
                WatchPosition(store: start.store, revision: .min),
                WatchPosition(store: start.store, revision: .max),
            ]
            for position in wrong {
                await RegistryFixture.expect(.compacted) {
                    _ = try watch(fixture, NameSearch(), after: position)
                }
            }
            let oldest = WatchPosition(store: start.store, revision: start.revision + 1)
            let slow = try watch(fixture, NameSearch(), after: oldest)
            _ = try await slow.next()
            for index in 3..<6 { try await put(fixture, "n\(index)") }
            await RegistryFixture.expect(.compacted) { _ = try await slow.next() }
        }
    }

    @Test("a watch that finds nothing says from time to time where it is")
    func silence() async throws {
        try await RegistryFixture.run(.memory, history: 5_000) { fixture in
            let watch = try watch(fixture, NameSearch(name: "nobody"))
            let start = try await watch.next().position.revision
            for index in 0..<Int(NameWatch.silence) { try await put(fixture, "n\(index % 7)", ["\(index)"]) }
            let update = try await watch.next()
            #expect(update.changes.isEmpty)
            #expect(update.position.revision == start + NameWatch.silence)
        }
    }

    @Test("searches have one condition and a regex that can be")
    func wrongSearches() async throws {
        try await RegistryFixture.run { fixture in
            await RegistryFixture.expect(.severalFilters) {
                _ = try watch(fixture, NameSearch(prefix: "a", any: ["t"]))
            }
            await RegistryFixture.expect(.severalFilters) {
                _ = try await fixture.registry.find(NameSearch(name: "a", regex: "b"), by: .anyone)
            }
            await RegistryFixture.expect(.invalidRegex) { _ = try watch(fixture, NameSearch(regex: "(")) }
        }
    }

    @Test("a lease's end is a change like others")
    func leases() async throws {
        try await RegistryFixture.run { fixture in
            let lease = try await fixture.lease()
            let watch = try watch(fixture, NameSearch())
            _ = try await watch.next()
            try await fixture.serve("n", uri, under: lease)
            #expect(try await changes(watch) == ["+n"])
            fixture.time.advance(5_000)
            _ = try await fixture.registry.expireLeases()
            #expect(try await changes(watch) == ["-n"])
        }
    }
}
