import Lantern
import LanternTrust
import LanternValue
import Testing

/// Attributes of a `@Remote` protocol: read, set, streamed, refused.
@Suite(.timeLimit(.minutes(2)))
struct AttributeTests {
    @Test("A5 C11 attributes are read and set through the contract", arguments: SerializerFormat.allCases)
    func getAndSet(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let desk = try side.desk(ProxyOptions(serializer: format))
        #expect(try await desk.name == "desk")
        try await desk.setName("table")
        #expect(try await desk.name == "table")
        #expect(try await desk.currentLimit == nil)
        try await desk.change(limit: 5)
        #expect(try await desk.currentLimit == 5)
        try await desk.change(limit: nil)
        #expect(try await desk.currentLimit == nil)
        let error = await #expect(throws: RemoteError.self) { try await desk.change(limit: -1) }
        #expect(error?.type == "builtins.ValueError")
        let dynamic = try side.dynamic(ProxyOptions(serializer: format))
        try await dynamic.setAttribute("limit", to: 9)
        #expect(try await dynamic.attribute("limit") == 9)
        await side.close()
    }

    @Test("an attribute without a setter, an unknown one and a wrong value are refused, and nothing changes")
    func refused() async throws {
        let side = try await DeskSide()
        let dynamic = try side.dynamic()
        for name in ["fixed", "nothing", "process", "setName", "__class__", ""] {
            let error = await #expect(throws: RemoteError.self) {
                try await dynamic.setAttribute(name, to: 1)
            }
            #expect(error?.type == "builtins.AttributeError", "\(name)")
        }
        for value: Value in [5, .none, .list(["a"])] {
            let error = await #expect(throws: RemoteError.self) {
                try await dynamic.setAttribute("name", to: value)
            }
            #expect(error?.type == "builtins.TypeError")
        }
        // Setters have no name of their own.
        await #expect(throws: RemoteError.self) { try await dynamic.call("setName", "table") }
        await #expect(throws: RemoteError.self) { try await dynamic.call("name=", "table") }
        await #expect(throws: RemoteError.self) { try await dynamic.call("__setattr__", "name") }
        await #expect(throws: RemoteError.self) { try await dynamic.call("__setattr__", "name", "a", "b") }
        var batch = dynamic.batch()
        batch.add("__setattr__", "name", "table")
        await #expect(throws: RemoteError.self) { try await batch.run() }
        #expect(await side.service.name == "desk")
        await side.close()
    }

    @Test("a policy allows reading without setting, and a rule against the attribute is one against both")
    func policy() async throws {
        func rule(_ effect: PolicyRule.Effect, _ methods: [String]) -> PolicyRule {
            PolicyRule(effect, identities: ["*"], objects: ["desk"], methods: methods)
        }
        let reading = try await DeskSide(rules: [rule(.allow, ["name", "fixed"])])
        let readable = try reading.desk()
        #expect(try await readable.name == "desk")
        let error = await #expect(throws: RemoteError.self) { try await readable.setName("table") }
        #expect(error?.type == "Pyro5.errors.SecurityError")
        #expect(await reading.service.name == "desk")
        await reading.close()

        let denying = try await DeskSide(rules: [rule(.allow, ["*"]), rule(.deny, ["name"])])
        await #expect(throws: RemoteError.self) { try await denying.desk().setName("table") }
        await denying.close()

        let blind = try await DeskSide(rules: [rule(.allow, ["name="])])
        await #expect(throws: (any Error).self) { try await blind.desk().setName("table") }
        #expect(await blind.service.name == "desk")
        await blind.close()

        let both = try await DeskSide(rules: [rule(.allow, ["name", "name="])])
        try await both.desk().setName("table")
        #expect(await both.service.name == "table")
        #expect(try await both.dynamic().remote.members().attributes == ["name"])
        await both.close()

        let fixed = try await DeskSide(rules: [rule(.allow, ["*"]), rule(.deny, ["*="])])
        await #expect(throws: RemoteError.self) { try await fixed.desk().setName("table") }
        #expect(try await fixed.desk().name == "desk")
        await fixed.close()
    }

    @Test("an attribute may be an item stream", arguments: SerializerFormat.allCases)
    func streams(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let desk = try side.desk(ProxyOptions(serializer: format))
        for _ in 0..<2 {
            var items: [Int] = []
            for try await item in try await desk.changes { items.append(item) }
            #expect(items == [0, 1, 2])
        }
        var points: [Point] = []
        for try await point in try await desk.points { points.append(point) }
        #expect(points == [Point(x: 1, y: 2)])
        var values: [Value] = []
        let dynamic = try side.dynamic(ProxyOptions(serializer: format))
        for try await value in try await dynamic.attributeStream("changes") { values.append(value) }
        #expect(values == [0, 1, 2])
        await #expect(throws: LanternError.self) { try await dynamic.attribute("changes") }
        await #expect(throws: LanternError.self) { try await dynamic.attributeStream("fixed") }
        await side.close()
    }

    @Test("A6 a special method is called by its Python name, also in a batch")
    func dunder() async throws {
        let side = try await DeskSide()
        #expect(try await side.desk().count() == 3)
        let dynamic = try side.dynamic()
        #expect(try await dynamic.call("__len__") == 3)
        var batch = dynamic.batch()
        batch.add("__len__")
        #expect(try await batch.run().map { try $0.get() } == [3])
        for hidden in ["__init__", "__class__", "__getattribute__", "count"] {
            await #expect(throws: RemoteError.self) { try await dynamic.call(hidden) }
        }
        await side.close()
    }
}
