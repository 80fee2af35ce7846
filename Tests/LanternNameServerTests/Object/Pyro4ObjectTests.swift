import Lantern
import LanternNameServer
import Testing

/// What a peer with Pyro4's wire version gets: its own rules and its own classes.
@Suite(.timeLimit(.minutes(1)))
struct Pyro4ObjectTests {
    @Test("classes and tags come in Pyro4's form", arguments: [SerializerFormat.serpent, .json])
    func forms(serializer: SerializerFormat) async throws {
        try await NameServerFixture.run(as: .pyro4, serializer: serializer) { fixture in
            let names = fixture.alice
            try await names.call(
                "register", "a", "PYRO:room@localhost:7766", keywords: ["metadata": ["red"]])
            let answer = try await names.call("lookup", "a", true)
            let parts = try #require(answer.elements)
            #expect(parts.first?["__class__"] == "Pyro4.core.URI")
            #expect(parts.last == .list(["red"]))
            do {
                try await names.call("lookup", "b")
                Issue.record("an unknown name was found")
            } catch let error as RemoteError {
                #expect(error.type == "Pyro4.errors.NamingError")
            }
        }
    }

    @Test("list filters by tags too, and its arguments stand in Pyro4's order")
    func list() async throws {
        try await NameServerFixture.run(as: .pyro4, serializer: .json) { fixture in
            let names = fixture.alice
            try await names.call("register", "a", "PYRO:r@h:1", false, ["red", "round"])
            try await names.call("register", "b", "PYRO:r@h:2", false, ["red"])
            let all = try await names.call("list", .none, .none, ["red", "round"], .none, true)
            #expect(all.pairs?.map(\.key) == ["a"])
            let any = try await names.call("list", keywords: ["metadata_any": ["red"]])
            #expect(any["b"] == "PYRO:r@h:2")
            let failure = await NameServerFixture.failure {
                try await names.call("list", keywords: ["prefix": "", "metadata_any": ["red"]])
            }
            #expect(failure == "ValueError: you can only filter on one thing at a time")
        }
    }
}
