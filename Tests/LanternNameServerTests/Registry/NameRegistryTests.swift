import Lantern
import Testing

@testable import LanternNameServer

private let alice = NameActor("spiffe://lantern.test/alice")
private let mallory = NameActor("spiffe://lantern.test/mallory")
private let uri = "PYRO:obj@localhost:5555"

struct NameRegistryTests {
    private func registry(
        _ change: (inout NameRegistrySettings) -> Void = { _ in }, capacity: Int = 1000
    ) async throws -> NameRegistry {
        var settings = NameRegistrySettings()
        change(&settings)
        let registry = NameRegistry(store: MemoryNameStore(capacity: capacity), settings: settings)
        try await registry.registerSelf(
            uri: "PYRO:Pyro.NameServer@localhost:9090", metadata: ["class:Pyro5.nameserver.NameServer"])
        return registry
    }

    private func filled() async throws -> NameRegistry {
        let registry = try await registry()
        try await registry.register("shop.a", uri: uri, metadata: ["x", "y"], by: alice)
        try await registry.register("shop.b", uri: uri, metadata: ["y"], by: alice)
        try await registry.register("Shop.c", uri: uri, by: alice)
        return registry
    }

    private func expectError(
        _ code: NamingError.Code, _ message: String? = nil,
        _ exception: NamingError.PythonException = .namingError,
        sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: NamingError.self, sourceLocation: sourceLocation) {
            try await body()
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(error?.exception == exception, sourceLocation: sourceLocation)
        if let message { #expect(error?.message == message, sourceLocation: sourceLocation) }
    }

    @Test("a registered name is found with its tags")
    func lookup() async throws {
        let registry = try await filled()
        let entry = try await registry.lookup("shop.a")
        #expect(entry == NameEntry(name: "shop.a", uri: uri, metadata: ["x", "y"], owner: alice.identity))
        #expect(entry.sortedMetadata == ["x", "y"])
        #expect(try await registry.count() == 4)
    }

    @Test("unknown names and safe registration fail with Pyro's words")
    func texts() async throws {
        let registry = try await filled()
        await expectError(.unknownName, "unknown name: nobody") { _ = try await registry.lookup("nobody") }
        await expectError(.unknownName, "unknown name: nobody") {
            try await registry.setMetadata("nobody", [], by: alice)
        }
        await expectError(.alreadyRegistered, "name already registered: shop.a") {
            try await registry.register("shop.a", uri: uri, safe: true, by: alice)
        }
        #expect(NamingError.PythonException.namingError.className(for: .pyro4) == "Pyro4.errors.NamingError")
        #expect(NamingError.PythonException.valueError.className(for: .pyro5) == "builtins.ValueError")
        #expect(
            NamingError.metadataIsText.message
                == "metadata should not be a str, but another iterable (set, list, etc)")
    }

    @Test("registering again replaces URI and tags")
    func overwrite() async throws {
        let registry = try await filled()
        try await registry.register("shop.a", uri: "PYRO:other@localhost:1", metadata: ["z"], by: alice)
        #expect(try await registry.lookup("shop.a").uri == "PYRO:other@localhost:1")
        #expect(try await registry.yplookup(any: ["x"]).isEmpty)
        #expect(try await registry.yplookup(any: ["z"]).map(\.name) == ["shop.a"])
        #expect(try await registry.count() == 4)
    }

    @Test("the empty name is a name")
    func emptyName() async throws {
        let registry = try await registry()
        try await registry.register("", uri: uri, by: alice)
        #expect(try await registry.lookup("").name == "")
        #expect(try await registry.remove(name: "", by: alice) == 0)
    }

    @Test("setMetadata replaces, and clears")
    func setMetadata() async throws {
        let registry = try await filled()
        try await registry.setMetadata("shop.a", ["q"], by: alice)
        #expect(try await registry.yplookup(all: ["q"]).map(\.name) == ["shop.a"])
        try await registry.setMetadata("shop.a", [], by: alice)
        #expect(try await registry.lookup("shop.a").metadata.isEmpty)
        #expect(try await registry.yplookup(any: ["q", "x"]).isEmpty)
    }

    @Test(
        "list passes one filter",
        arguments: [
            (nil, nil, ["Pyro.NameServer", "Shop.c", "shop.a", "shop.b"]),
            ("shop", nil, ["shop.a", "shop.b"]),
            ("", "", ["Pyro.NameServer", "Shop.c", "shop.a", "shop.b"]),
            (nil, "(?i)shop\\.[bc]", ["Shop.c", "shop.b"]),
            ("none", nil, []), (nil, ".*\\.a$", ["shop.a"]), ("", "shop\\.a", ["shop.a"]),
        ] as [(String?, String?, [String])])
    func list(prefix: String?, regex: String?, expected: [String]) async throws {
        #expect(try await filled().list(prefix: prefix, regex: regex).map(\.name) == expected)
    }

    @Test("several filters are one too many, by each generation's count")
    func exclusive() async throws {
        let registry = try await filled()
        let text = "you can only filter on one thing at a time"
        await expectError(.severalFilters, text, .valueError) {
            _ = try await registry.list(prefix: "a", regex: "b")
        }
        await expectError(.severalFilters, text, .valueError) {
            _ = try await registry.list(prefix: "", regex: "", as: .pyro4)
        }
        await expectError(.severalFilters, text, .valueError) {
            _ = try await registry.list(prefix: "a", metadataAny: [], as: .pyro4)
        }
        await expectError(.severalFilters, "you can't use meta_all or meta_any at the same time", .valueError)
        {
            _ = try await registry.yplookup(all: ["a"], any: ["b"])
        }
    }

    @Test("Pyro4's list and yplookup find tags")
    func tags() async throws {
        let registry = try await filled()
        #expect(try await registry.list(metadataAll: ["x", "y"], as: .pyro4).map(\.name) == ["shop.a"])
        #expect(
            try await registry.list(metadataAny: ["x", "y"], as: .pyro4).map(\.name) == ["shop.a", "shop.b"])
        #expect(try await registry.list(metadataAny: [], as: .pyro4).count == 4)
        #expect(try await registry.yplookup(all: ["x", "none"]).isEmpty)
        #expect(try await registry.yplookup(all: ["y"], any: []).count == 2)
        #expect(try await registry.yplookup().isEmpty)
        #expect(try await registry.yplookup(any: ["Y"]).isEmpty)
    }

    @Test("a bad regex has Pyro's words in list and remove")
    func badRegex() async throws {
        let registry = try await filled()
        let text = "invalid regex: nothing to repeat at position 0"
        await expectError(.invalidRegex, text) { _ = try await registry.list(regex: "*") }
        await expectError(.invalidRegex, text) { _ = try await registry.remove(regex: "*", by: alice) }
    }

    @Test("remove takes the first argument that is given")
    func remove() async throws {
        let registry = try await filled()
        #expect(try await registry.remove(by: alice) == 0)
        #expect(try await registry.remove(name: "none", prefix: "shop", by: alice) == 0)
        #expect(try await registry.remove(name: "shop.a", prefix: "shop", by: alice) == 1)
        #expect(try await registry.remove(name: "none", prefix: "shop", by: alice, as: .pyro4) == 1)
        #expect(try await registry.remove(name: "", prefix: "", regex: "Shop", by: alice) == 1)
        #expect(try await registry.count() == 1)
    }

    @Test("the name server's own entry stays")
    func ownEntry() async throws {
        let registry = try await registry()
        let name = NameRegistry.ownName
        #expect(try await registry.remove(name: name, by: alice) == 0)
        #expect(try await registry.remove(prefix: "Pyro", by: alice) == 0)
        #expect(try await registry.remove(name: name, regex: ".*", by: alice) == 0)
        await expectError(.reserved) { try await registry.register(name, uri: uri, by: alice) }
        await expectError(.reserved) { try await registry.setMetadata(name, [], by: alice) }
        await expectError(.alreadyRegistered) {
            try await registry.register(name, uri: uri, safe: true, by: alice)
        }
        #expect(try await registry.lookup(name).uri == "PYRO:Pyro.NameServer@localhost:9090")
    }

    @Test("a name is changed only by who registered it")
    func ownership() async throws {
        let registry = try await filled()
        await expectError(.notOwner) { try await registry.register("shop.a", uri: uri, by: mallory) }
        await expectError(.notOwner) { try await registry.setMetadata("shop.a", [], by: mallory) }
        await expectError(.notOwner) { _ = try await registry.remove(name: "shop.a", by: mallory) }
        await expectError(.notOwner) { _ = try await registry.remove(prefix: "shop", by: mallory) }
        try await registry.register("shop.m", uri: uri, by: mallory)
        #expect(try await registry.remove(regex: "shop", by: mallory) == 1)
        #expect(try await registry.count() == 4)
        #expect(try await registry.lookup("shop.a").owner == alice.identity)
    }

    @Test("with ownership off anyone changes any name")
    func ownershipOff() async throws {
        let registry = try await registry { $0.ownership = .off }
        try await registry.register("a", uri: uri, by: alice)
        try await registry.register("a", uri: "PYRO:b@h:1", by: mallory)
        #expect(try await registry.lookup("a").owner == nil)
        #expect(try await registry.remove(name: "a", by: mallory) == 1)
    }

    @Test("names that only look alike are different names")
    func exactNames() async throws {
        let registry = try await registry()
        try await registry.register("caf\u{E9}", uri: uri, by: alice)
        try await registry.register("cafe\u{301}", uri: uri, safe: true, by: mallory)
        #expect(try await registry.lookup("cafe\u{301}").owner == mallory.identity)
        #expect(try await registry.list(prefix: "cafe").count == 1)
        #expect(try await registry.count() == 3)
    }

    @Test("what is too large is refused, at its limit accepted")
    func bounds() async throws {
        let registry = try await registry()
        func text(_ count: Int) -> String { String(repeating: "x", count: count) }
        try await registry.register(text(1024), uri: "PYRO:" + text(2043), by: alice)
        try await registry.register("t", uri: uri, metadata: [text(256)], by: alice)
        let tags = Set((0..<65).map { "\($0)" })
        try await registry.setMetadata("t", Set(tags.prefix(64)), by: alice)
        await expectError(.tooLong, nil, .valueError) {
            try await registry.register(text(1025), uri: uri, by: alice)
        }
        await expectError(.tooLong, nil, .valueError) {
            try await registry.register("a", uri: "PYRO:" + text(2044), by: alice)
        }
        await expectError(.tooLong, nil, .valueError) {
            try await registry.setMetadata("t", [text(257)], by: alice)
        }
        await expectError(.tooManyTags, nil, .valueError) {
            try await registry.setMetadata("t", tags, by: alice)
        }
        for bad in ["", "PYRO:", "pyro:a@b:1", "http://x", "PYRO:a\n@b:1"] {
            await expectError(.invalidURI, "invalid uri", .pyroError) {
                try await registry.register("a", uri: bad, by: alice)
            }
        }
    }

    @Test("a full store takes no new names, but changes old ones")
    func capacity() async throws {
        let registry = try await registry(capacity: 2)
        try await registry.register("a", uri: uri, by: alice)
        await expectError(.storeFull) { try await registry.register("b", uri: uri, by: alice) }
        try await registry.register("a", uri: uri, by: alice)
        #expect(try await registry.remove(name: "a", by: alice) == 1)
        try await registry.register("b", uri: uri, by: alice)
    }

    @Test("an answer or a search that is too large is refused")
    func resultLimits() async throws {
        let registry = try await registry {
            $0.results = ResultLimits(entries: 3, bytes: 4000, regexSteps: 2000)
        }
        for number in 0..<3 { try await registry.register("n\(number)", uri: uri, by: alice) }
        await expectError(.tooManyResults) { _ = try await registry.list() }
        #expect(try await registry.list(prefix: "n").count == 3)
        let long = "PYRO:" + String(repeating: "x", count: 2000)
        try await registry.register("n0", uri: long, by: alice)
        try await registry.register("n1", uri: long, by: alice)
        await expectError(.tooManyResults) { _ = try await registry.list(prefix: "n") }
        try await registry.register(String(repeating: "a", count: 1000), uri: uri, by: alice)
        await expectError(.tooMuchWork) { _ = try await registry.list(regex: "(a+)+$") }
        #expect(try await registry.list(regex: "n2").count == 1)
    }
}
