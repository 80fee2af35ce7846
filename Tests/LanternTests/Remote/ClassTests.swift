import Lantern
import LanternValue
import Testing

/// User types under a class name, and class dicts that nobody registered.
@Suite(.timeLimit(.minutes(2)))
struct ClassTests {
    private static func register(_ settings: inout Settings) {
        settings.classes.register(Order.self, as: "shop.Order")
        settings.classes.register(
            Point.self, as: "shop.Point",
            write: { point in [ValuePair("at", [.int(Int64(point.x)), .float(point.y)])] },
            read: { dict in
                guard let at = dict["at"]?.elements, at.count == 2, let x = at[0].intValue,
                    let y = at[1].doubleValue
                else { throw RemoteError(type: "builtins.ValueError", message: "no point") }
                return Point(x: x, y: y)
            })
    }

    @Test(
        "D10 a registered type travels under its name, members that are registered too",
        arguments: SerializerFormat.allCases)
    func registered(format: SerializerFormat) async throws {
        let side = try await DeskSide(adjust: Self.register, client: Self.register)
        let desk = try side.desk(ProxyOptions(serializer: format))
        let order = Order(number: 1, point: Point(x: 2, y: 3.5))
        #expect(try await desk.order(order) == Order(number: 2, point: Point(x: 2, y: 3.5)))
        let dict = try side.loopback.caller.classes.value(order)
        #expect(dict["__class__"] == "shop.Order")
        #expect(dict["point"]?["__class__"] == "shop.Point")
        #expect(dict["point"]?["at"] == [2, 3.5])
        let dynamic = try side.dynamic(ProxyOptions(serializer: format))
        let answer = try await dynamic.call("order", dict)
        #expect(answer["__class__"] == "shop.Order")
        #expect(
            try side.loopback.caller.classes.object(answer) as? Order == Order(number: 2, point: order.point))
        var points: [Point] = []
        for try await point in try await desk.points { points.append(point) }
        #expect(points == [Point(x: 1, y: 2)])
        await side.close()
    }

    @Test("D11 who did not register a type gets its members, and whoever sends no name is understood")
    func oneSided() async throws {
        for registersServer in [true, false] {
            let side = try await DeskSide(
                adjust: { if registersServer { $0.classes.register(Order.self, as: "shop.Order") } },
                client: { if !registersServer { $0.classes.register(Order.self, as: "shop.Order") } })
            let order = Order(number: 1, point: Point(x: 2, y: 3.5))
            #expect(try await side.desk().order(order).number == 2)
            await side.close()
        }
    }

    @Test("another class's name, and members that do not fit, are refused; nothing is built")
    func wrongClass() async throws {
        let side = try await DeskSide(adjust: Self.register)
        let dynamic = try side.dynamic()
        let point: Value = ["__class__": "shop.Point", "at": [1, 2.0]]
        #expect(
            try await dynamic.call("order", ["__class__": "shop.Order", "number": 1, "point": point])[
                "number"] == 2)
        let bad: [Value] = [
            ["__class__": "shop.Point", "number": 1, "point": point],
            ["__class__": "shop.Orde\u{301}r", "number": 1, "point": point],
            ["__class__": 5, "number": 1, "point": point],
            ["__class__": "shop.Order", "number": 1, "point": ["__class__": "shop.Point", "at": []]],
            ["__class__": "shop.Order", "number": 1, "point": ["__class__": "os.system", "at": [1, 2.0]]],
            ["__class__": "shop.Order"],
        ]
        for value in bad {
            await #expect(throws: RemoteError.self, "\(value)") { try await dynamic.call("order", value) }
        }
        #expect(try side.loopback.server.classes.object(["__class__": "os.system"]) == nil)
        #expect(try side.loopback.server.classes.object(5) == nil)
        await side.close()
    }

    @Test("an unknown class stays data unless the settings refuse it", arguments: SerializerFormat.allCases)
    func unknown(format: SerializerFormat) async throws {
        let unknown: Value = ["__class__": "made.up.Thing", "x": 1]
        let echo = Lab([
            "echo": { .value($0.positional.first ?? $0.keywords.first?.1 ?? .none) },
            "make": { _ in .value(.list([1, ["deep": ["__class__": "made.up.Thing"]]])) },
        ])
        let options = ProxyOptions(serializer: format)
        let side = try await DeskSide()
        let uri = try await side.loopback.daemon.register(dynamic: echo, id: "lab").description
        let open = try side.loopback.client.dynamicProxy(uri, options: options)
        #expect(try await open.call("echo", unknown)["__class__"] == "made.up.Thing")
        var strict = side.loopback.caller
        strict.classes.unknown = .areRefused
        let client = try Client(settings: strict)
        let closed = try client.dynamicProxy(uri, options: options)
        let refused = await #expect(throws: LanternError.self) { try await closed.call("make") }
        #expect(refused?.code == .serialization)
        #expect(try await closed.call("echo", [1, "two"]).elements == [1, "two"])
        await client.shutdown()
        await side.close()

        let guarded = try await DeskSide {
            $0.classes.unknown = .areRefused
            $0.classes.register(Order.self, as: "shop.Order")
        }
        let lab = try await guarded.loopback.daemon.register(dynamic: echo, id: "lab").description
        let proxy = try guarded.loopback.client.dynamicProxy(lab, options: options)
        for value in [unknown, .list([unknown]), ["a": unknown], ["__class__": 5]] {
            let error = await #expect(throws: RemoteError.self) { try await proxy.call("echo", value) }
            #expect(error?.message.contains("class") == true)
        }
        await #expect(throws: RemoteError.self) { try await proxy.call("echo", keywords: ["x": unknown]) }
        let known: [Value] = [
            ["__class__": "shop.Order"], ["__class__": "Pyro5.core.URI", "state": []],
            RemoteError(type: "builtins.ValueError", message: "x").value,
        ]
        for value in known { _ = try await proxy.call("echo", value) }
        await guarded.close()
    }
}
