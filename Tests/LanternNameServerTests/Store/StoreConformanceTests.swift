import LanternNameServer
import Testing

private let alice = "spiffe://lantern.test/alice"
private let bob = "spiffe://lantern.test/bob"

/// What every store must do alike.
@Suite(.timeLimit(.minutes(5)))
struct StoreConformanceTests {
    private static let limits = ResultLimits()

    private func entry(_ name: String, _ tags: Set<String> = []) -> NameEntry {
        NameEntry(name: name, uri: "PYRO:o@host:1", metadata: tags, owner: alice)
    }

    private func put(_ store: any NameStore, _ entries: NameEntry...) async throws {
        for entry in entries { try await store.update(entry.name) { _ in .put(entry) } }
    }

    private func names(_ store: any NameStore, _ filter: NameFilter) async throws -> [String] {
        try await store.list(filter, limits: Self.limits).map(\.name)
    }

    private func expect(
        _ code: NamingError.Code, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: NamingError.self, sourceLocation: sourceLocation) {
            try await body()
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
    }

    @Test("entries are found with all that they have, replaced, and removed", arguments: StoreKind.allCases)
    func life(kind: StoreKind) async throws {
        try await kind.run { store in
            let plain = entry("a", ["x", "ÿ", ""])
            let shared = try #require(
                NameEntry(
                    name: "b",
                    instances: [
                        NameInstance(uri: "PYRO:o@h:1", weight: 3, metadata: ["x"], epoch: nil),
                        NameInstance(uri: "PYRO:o@h:2", weight: 0, metadata: [], epoch: nil),
                    ], owner: nil, isExclusive: true))
            try await put(store, plain, shared)
            #expect(try await store.lookup("a") == plain)
            #expect(try await store.lookup("b") == shared)
            #expect(try await store.count() == 2)
            #expect(try await store.lookup("c") == nil)
            let before = try await store.update("a") { _ in .put(entry("a", ["z"])) }
            #expect(before == plain)
            #expect(try await store.lookup("a") == entry("a", ["z"]))
            #expect(try await names(store, .metadataAny(["x"])) == ["b"])
            #expect(try await store.update("a") { _ in .remove } == entry("a", ["z"]))
            #expect(try await store.update("a") { _ in .remove } == nil)
            #expect(try await store.lookup("a") == nil)
            #expect(try await store.count() == 1)
        }
    }

    @Test(
        "names are code points: nothing is folded, and a zero byte ends nothing",
        arguments: StoreKind.allCases)
    func exactNames(kind: StoreKind) async throws {
        try await kind.run { store in
            let all = ["", "a", "A", "a\u{0}", "a\u{0}b", "e\u{301}", "é", "b", "😀", "%", "_", "a%"]
            for name in all { try await put(store, entry(name)) }
            #expect(try await store.count() == all.count)
            for name in all {
                let found = try #require(try await store.lookup(name))
                #expect(Array(found.name.unicodeScalars) == Array(name.unicodeScalars))
            }
            let sorted = all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let listed = try await names(store, .everything)
            #expect(listed.map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
            #expect(try await names(store, .prefix("a\u{0}")).count == 2)
            #expect(try await names(store, .prefix("%")) == ["%"])
            #expect(try await names(store, .prefix("_")) == ["_"])
            #expect(try await names(store, .prefix("😀")) == ["😀"])
            #expect(try await names(store, .prefix("zz")) == [])
        }
    }

    @Test("filters find by prefix, regex, all tags and any tag, sorted", arguments: StoreKind.allCases)
    func filters(kind: StoreKind) async throws {
        try await kind.run { store in
            try await put(
                store, entry("b.2", ["red"]), entry("b.1", ["red", "round"]), entry("a", ["round"]),
                entry("c"))
            #expect(try await names(store, .prefix("b.")) == ["b.1", "b.2"])
            #expect(try await names(store, .regex(LinearRegex(".*[12]"))) == ["b.1", "b.2"])
            #expect(try await names(store, .metadataAll(["red", "round"])) == ["b.1"])
            #expect(try await names(store, .metadataAll(["red", "none"])) == [])
            #expect(try await names(store, .metadataAny(["red", "round", "none"])) == ["a", "b.1", "b.2"])
            #expect(try await names(store, .metadataAny([])) == [])
            #expect(try await names(store, .metadataAll([])) == ["a", "b.1", "b.2", "c"])
            #expect(try await names(store, .everything) == ["a", "b.1", "b.2", "c"])
        }
    }

    @Test(
        "a listing has its limits in names, bytes and steps, from both sides", arguments: StoreKind.allCases)
    func listingLimits(kind: StoreKind) async throws {
        try await kind.run { store in
            try await put(store, entry("aa", ["t"]), entry("ab", ["t"]))
            let bytes = 2 * (2 + "PYRO:o@host:1".utf8.count + 1)
            for filter in [NameFilter.everything, .prefix("a"), .metadataAny(["t"]), .metadataAll(["t"])] {
                let fits = ResultLimits(entries: 2, bytes: bytes)
                #expect(try await store.list(filter, limits: fits).count == 2)
                await expect(.tooManyResults) {
                    _ = try await store.list(filter, limits: .init(entries: 1, bytes: bytes))
                }
                await expect(.tooManyResults) {
                    _ = try await store.list(filter, limits: .init(entries: 2, bytes: bytes - 1))
                }
            }
            let regex = NameFilter.regex(try LinearRegex("a[ab]"))
            #expect(try await store.list(regex, limits: .init(regexSteps: 100)).count == 2)
            await expect(.tooMuchWork) { _ = try await store.list(regex, limits: .init(regexSteps: 2)) }
        }
    }

    @Test("a full store takes no new name and loses none", arguments: StoreKind.allCases)
    func capacity(kind: StoreKind) async throws {
        try await kind.run(capacity: 2) { store in
            try await put(store, entry("a"), entry("b"))
            await expect(.storeFull) { try await put(store, entry("c")) }
            try await put(store, entry("b", ["t"]))
            let (one, other) = (entry("c"), entry("d"))
            await expect(.storeFull) {
                try await store.update(["a", "c", "d"], holding: nil) { _ in
                    [.remove, .put(one), .put(other)]
                }
            }
            try await store.update(["a", "c"], holding: nil) { _ in [.remove, .put(one)] }
            #expect(try await names(store, .everything) == ["b", "c"])
            #expect(try await store.count() == 2)
        }
    }

    @Test("several names change together or not at all", arguments: StoreKind.allCases)
    func transactions(kind: StoreKind) async throws {
        struct Stop: Error {}
        try await kind.run { store in
            let (a, b) = (entry("a"), entry("b"))
            try await put(store, a)
            await #expect(throws: Stop.self) {
                try await store.update(["a", "b"], holding: nil) { before in
                    #expect(before == [a, nil])
                    throw Stop()
                }
            }
            #expect(try await names(store, .everything) == ["a"])
            let start = store.history.current
            let commit = try await store.update(["a", "b"], holding: nil) { _ in [.remove, .put(b)] }
            #expect(commit.before == [a, nil])
            #expect(commit.revision == start + 1)
            let sets = try store.history.changes(after: start)
            #expect(
                sets == [
                    NameChangeSet(
                        revision: start + 1,
                        events: [
                            NameEvent(name: "a", before: a, after: nil),
                            NameEvent(name: "b", before: nil, after: b),
                        ])
                ])
        }
    }

    @Test("what changes nothing is no step", arguments: StoreKind.allCases)
    func nothing(kind: StoreKind) async throws {
        try await kind.run { store in
            let a = entry("a")
            try await put(store, a)
            let start = store.history.current
            try await store.update("a") { _ in .keep }
            try await store.update("a") { _ in .put(a) }
            try await store.update("b") { _ in .remove }
            #expect(store.history.current == start)
            #expect(try store.history.changes(after: start).isEmpty)
        }
    }

    @Test("removing by filter spares what may not go, and says so", arguments: StoreKind.allCases)
    func removing(kind: StoreKind) async throws {
        try await kind.run(capacity: 5000) { store in
            for index in 0..<1500 { try await put(store, entry("n.\(index)")) }
            try await put(store, entry("m"))
            let start = store.history.current
            let (removed, kept) = try await store.remove(.prefix("n."), limits: Self.limits) {
                $0.name != "n.7"
            }
            #expect(removed == 1499)
            #expect(kept == 1)
            #expect(try await names(store, .everything) == ["m", "n.7"])
            // Steps of a thousand, so that no watcher gets one of any size.
            #expect(store.history.current == start + 2)
        }
    }

    @Test("concurrent changes of one name all count", arguments: StoreKind.allCases)
    func concurrency(kind: StoreKind) async throws {
        try await kind.run { store in
            try await put(store, entry("n"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<100 {
                    group.addTask {
                        try await store.update("n") { before in
                            let tags = (before?.metadata ?? []).union(["\(index)"])
                            return .put(NameEntry(name: "n", uri: "PYRO:o@h:1", metadata: tags))
                        }
                        #expect(try await store.lookup("n")?.metadata.contains("\(index)") == true)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.lookup("n")?.metadata.count == 100)
        }
    }

    // MARK: - Leases

    @Test(
        "a lease's epoch is greater than all before, and its end takes its instances away",
        arguments: StoreKind.allCases)
    func leases(kind: StoreKind) async throws {
        try await kind.run { store in
            let first = try await store.grant(to: alice, duration: 1000, limits: .init())
            let second = try await store.grant(to: bob, duration: 2000, limits: .init())
            #expect(second.epoch > first.epoch)
            #expect(try await store.leases() == [first, second])
            let mine = NameInstance(uri: "PYRO:o@h:1", metadata: ["m"], epoch: first.epoch)
            let other = NameInstance(uri: "PYRO:o@h:2", metadata: ["o"], epoch: second.epoch)
            let both = try #require(NameEntry(name: "both", instances: [mine, other], owner: alice))
            let only = try #require(NameEntry(name: "only", instances: [mine], owner: alice))
            try await put(store, both, only, entry("plain"))
            #expect(both.uri == "PYRO:o@h:2")
            #expect(both.metadata == ["m", "o"])
            #expect(try await store.names(heldBy: first.epoch) == ["both", "only"])
            let start = store.history.current
            #expect(try await store.revoke(first.epoch) == ["both", "only"])
            #expect(try store.history.changes(after: start).map(\.events.count) == [2])
            #expect(try await store.lookup("only") == nil)
            #expect(try await store.lookup("both")?.instances == [other])
            #expect(try await names(store, .metadataAny(["m"])) == [])
            #expect(try await store.leases() == [second])
            #expect(try await store.revoke(first.epoch) == nil)
            await expect(.leaseLost) {
                try await store.update(["x"], holding: first.epoch) { _ in [.put(entry("x"))] }
            }
            try await store.update(["x"], holding: second.epoch) { _ in [.put(entry("x"))] }
            #expect(try await store.revoke(second.epoch) == ["both"])
            let third = try await store.grant(to: alice, duration: 1, limits: .init())
            #expect(third.epoch > second.epoch)
        }
    }

    @Test("leases are counted, for each owner and in all", arguments: StoreKind.allCases)
    func leaseLimits(kind: StoreKind) async throws {
        try await kind.run { store in
            let limits = LeaseLimits(all: 3, perOwner: 2)
            let first = try await store.grant(to: alice, duration: 1, limits: limits)
            _ = try await store.grant(to: alice, duration: 1, limits: limits)
            await expect(.tooManyLeases) {
                _ = try await store.grant(to: alice, duration: 1, limits: limits)
            }
            _ = try await store.grant(to: bob, duration: 1, limits: limits)
            await expect(.tooManyLeases) { _ = try await store.grant(to: bob, duration: 1, limits: limits) }
            _ = try await store.revoke(first.epoch)
            _ = try await store.grant(to: alice, duration: 1, limits: limits)
        }
    }

    // MARK: - Changes

    @Test("changes are kept up to the limit; who asks for older ones is told", arguments: StoreKind.allCases)
    func compaction(kind: StoreKind) async throws {
        try await kind.run(history: 3) { store in
            let start = store.history.current
            for index in 0..<5 { try await put(store, entry("n\(index)")) }
            #expect(store.history.compacted == start + 2)
            let kept = try store.history.changes(after: start + 2)
            #expect(kept.flatMap(\.events).map(\.name) == ["n2", "n3", "n4"])
            #expect(try store.history.changes(after: start + 3, events: 1).map(\.revision) == [start + 4])
            #expect(try store.history.changes(after: start + 5).isEmpty)
            await expect(.compacted) { _ = try store.history.changes(after: start + 1) }
            await expect(.compacted) { _ = try store.history.changes(after: start + 6) }
        }
    }

    @Test("who waits for a change is woken by it, or by cancellation", arguments: StoreKind.allCases)
    func waiting(kind: StoreKind) async throws {
        try await kind.run { store in
            let history = store.history
            let start = history.current
            let waiter = Task { try await history.wait(after: start) }
            let cancelled = Task { try await history.wait(after: start + 100) }
            while history.waiting < 2 { await Task.yield() }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            try await put(store, entry("a"))
            try await waiter.value
            try await history.wait(after: start)
            #expect(history.waiting == 0)
        }
    }
}
