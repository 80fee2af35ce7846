import Lantern
import LanternNameServer
import Testing

/// `Pyro.NameServer` through a real daemon: TLS, signed handshake, policy, serializer.
@Suite(.timeLimit(.minutes(1)))
struct NameServerObjectTests {
    private static let room: Value = "PYRO:room@localhost:7766"

    @Test(
        "a name that was registered is found, listed, counted and removed",
        arguments: SerializerFormat.allCases)
    func lifeOfAName(serializer: SerializerFormat) async throws {
        try await NameServerFixture.run(serializer: serializer) { fixture in
            let names = fixture.alice
            #expect(try await names.call("ping").isNone)
            #expect(try await names.call("register", "a.room", Self.room).isNone)
            let uri = try await names.call("lookup", "a.room")
            #expect(uri["__class__"] == "Pyro5.core.URI")
            let state = try #require(uri["state"]?.elements)
            #expect(state == ["PYRO", "room", .none, "localhost", 7766])
            #expect(try await names.call("list")["a.room"] == Self.room)
            #expect(try await names.call("count") == 2)
            #expect(try await names.call("remove", "a.room") == 1)
            #expect(try await names.call("remove", "a.room") == 0)
            let failure = await NameServerFixture.failure { try await names.call("lookup", "a.room") }
            #expect(failure == "NamingError: unknown name: a.room")
        }
    }

    @Test("it is registered in itself, with its class as tag")
    func itself() async throws {
        try await NameServerFixture.run { fixture in
            let found = try await fixture.alice.call(
                "yplookup", keywords: ["meta_any": ["class:Pyro5.nameserver.NameServer"]])
            let entry = try #require(found["Pyro.NameServer"]?.elements)
            #expect(entry.first?.textValue == "\(fixture.server.uri)")
            let failure = await NameServerFixture.failure {
                try await fixture.alice.call("register", "Pyro.NameServer", Self.room)
            }
            #expect(failure.hasPrefix("NamingError: name is reserved"))
            #expect(try await fixture.alice.call("remove", "Pyro.NameServer") == 0)
        }
    }

    @Test("tags are found by all and by any, and replaced")
    func tags() async throws {
        try await NameServerFixture.run(serializer: .serpent) { fixture in
            let names = fixture.alice
            try await names.call(
                "register", "a", Self.room, keywords: ["metadata": ["red", "round"]])
            try await names.call("register", "b", Self.room, false, ["red"])
            let both = try await names.call("yplookup", ["red", "round"])
            #expect(both.pairs?.map(\.key) == ["a"])
            let either = try await names.call(
                "yplookup", keywords: ["meta_any": ["red"], "return_metadata": false])
            #expect(either["b"] == Self.room)
            #expect(either.pairs?.count == 2)
            try await names.call("set_metadata", "a", ["blue"])
            let answer = try await names.call("lookup", "a", true)
            let parts = try #require(answer.elements)
            #expect(parts.count == 2)
            #expect(parts.last == .set(["blue"]))
            #expect(parts.first?["__class__"] == "Pyro5.core.URI")
            let none = try await names.call("yplookup")
            #expect(none.pairs?.isEmpty == true)
        }
    }

    @Test("prefix and regex choose, one at a time")
    func filters() async throws {
        try await NameServerFixture.run { fixture in
            let names = fixture.alice
            for name: Value in ["x.one", "x.two", "y.one"] {
                try await names.call("register", name, Self.room)
            }
            #expect(try await names.call("list", keywords: ["prefix": "x."]).pairs?.count == 2)
            #expect(try await names.call("list", keywords: ["regex": ".*one"]).pairs?.count == 2)
            let both = await NameServerFixture.failure { try await names.call("list", "x.", ".*") }
            #expect(both == "ValueError: you can only filter on one thing at a time")
            let bad = await NameServerFixture.failure {
                try await names.call("list", keywords: ["regex": "("])
            }
            #expect(bad.hasPrefix("NamingError: invalid regex"))
            #expect(try await names.call("remove", keywords: ["prefix": "x."]) == 2)
            #expect(try await names.call("remove", keywords: ["regex": "y.*"]) == 1)
        }
    }

    @Test("URIs come as text or as object of either generation")
    func uriObjects() async throws {
        try await NameServerFixture.run { fixture in
            let names = fixture.alice
            for (name, type) in [("five", "Pyro5.core.URI"), ("four", "Pyro4.core.URI")] {
                let object = Value.map([
                    ValuePair("__class__", .text(type)),
                    ValuePair("state", ["PYRO", "room", .none, "::1", 7766]),
                ])
                try await names.call("register", .text(name), object)
                #expect(try await names.call("list")[name] == "PYRO:room@[::1]:7766")
            }
            for bad: Value in ["room", "PYRO:room", "HTTP:room@h:1", "PYRO:room@h:0"] {
                let failure = await NameServerFixture.failure { try await names.call("register", "bad", bad) }
                #expect(failure == "PyroError: invalid uri")
            }
            for bad: Value in [7, .none, ["PYRO:room@h:1"], .map([ValuePair("__class__", "os.system")])] {
                let failure = await NameServerFixture.failure {
                    try await names.call("register", "bad", bad)
                }
                #expect(failure == "TypeError: only URIs or strings can be registered")
            }
        }
    }

    @Test("wrong arguments are refused in Python's words")
    func wrongArguments() async throws {
        try await NameServerFixture.run { fixture in
            let names = fixture.alice
            let failure = NameServerFixture.failure
            #expect(
                await failure { try await names.call("register", 7, Self.room) }
                    == "TypeError: name must be a str")
            #expect(await failure { try await names.call("lookup") } == "TypeError: missing argument: 'name'")
            #expect(
                await failure { try await names.call("count", 1) }
                    == "TypeError: takes 0 arguments but 1 were given")
            #expect(
                await failure { try await names.call("register", "a", Self.room, false, "tag") }
                    == "TypeError: metadata should not be a str, but another iterable (set, list, etc)")
            #expect(
                await failure { try await names.call("yplookup", "tag") }
                    == "TypeError: metadata_all should not be a str, but another iterable (set, list, etc)")
            #expect(
                await failure { try await names.call("set_metadata", "nobody", ["tag"]) }
                    == "NamingError: unknown name: nobody")
        }
    }

    @Test("a name belongs to the identity that registered it")
    func ownership() async throws {
        try await NameServerFixture.run { fixture in
            try await fixture.alice.call("register", "hers", Self.room)
            let attempts: [(String, [Value])] = [
                ("register", ["hers", Self.room]), ("set_metadata", ["hers", []]), ("remove", ["hers"]),
            ]
            for (attempt, arguments) in attempts {
                let failure = await NameServerFixture.failure {
                    try await fixture.bob.call(attempt, arguments: arguments)
                }
                #expect(failure == "NamingError: name was registered by another identity: hers")
            }
            #expect(try await fixture.bob.call("list")["hers"] == Self.room)
            let safe = await NameServerFixture.failure {
                try await fixture.alice.call("register", "hers", Self.room, true)
            }
            #expect(safe == "NamingError: name already registered: hers")
        }
    }
}
