import Lantern
import Testing

/// What lies beside calls, from Lantern to a stock Pyro5 daemon.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct DeskToPythonTests {
    @Test("A5 A6 C11 attributes and special methods", arguments: SerializerFormat.allCases)
    func attributes(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let (process, desk, dynamic) = try await side.python(format)
        try await desk.setName("table")
        #expect(try await desk.name == "table")
        #expect(try await desk.fixed == 7)
        let error = await #expect(throws: RemoteError.self) { try await dynamic.setAttribute("fixed", to: 1) }
        #expect(error?.type == "builtins.AttributeError")
        #expect(try await desk.count() == 3)
        var items: [Int] = []
        for try await item in try await desk.changes { items.append(item) }
        #expect(items == [0, 1, 2])
        await process.stop()
        await side.daemon.shutdown()
    }

    @Test(
        "D13 blobs arrive, and pass through a dispatcher back to Lantern",
        arguments: SerializerFormat.allCases)
    func blobs(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let (process, desk, _) = try await side.python(format)
        let blob = SerializedBlob(info: ["topic": "a"], data: [1, "two"])
        #expect(try await desk.process(blob).elements?.count == 3)
        let answer = try await desk.process(blob).elements ?? []
        #expect(answer.first == "SerializedBlob")
        // Pyro itself unpacks a json call's keys where it means its values.
        #expect(format == .json ? answer.last == "params" : answer.last?.elements == [1, "two"])
        // A Python dispatcher speaks its own serializer to the last hop, but copies the bytes; Pyro's default is serpent.
        if format == .serpent {
            let through = try await desk.forward(blob).elements ?? []
            #expect(through.first == "SerializedBlob")
            #expect(through.dropFirst().first?["topic"] == "a")
            #expect(through.last?.elements == [1, "two"])
        }
        #expect(try await desk.fixed == 7)
        await process.stop()
        await side.daemon.shutdown()
    }

    @Test("H2 H3 H6 D15 annotations and correlation ids", arguments: SerializerFormat.allCases)
    func annotations(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let (process, desk, _) = try await side.python(format)
        var call = CallOptions(annotations: try CallAnnotations(["ECHO": [1, 2], "MORE": []]))
        let (names, response) = try await CallResponse.of(call) { try await desk.tag(failing: false) }
        #expect(names == ["ECHO", "MORE"])
        #expect(response.annotations["BACK"] == [1, 2])
        #expect(response.correlationID != nil)
        let own = "00112233-4455-6677-8899-aabbccddeeff"
        try call.setCorrelationID(own)
        let (id, second) = try await CallResponse.of(call) { try await desk.correlation() }
        #expect(id == own && second.correlationID == own)
        let third = CallResponse()
        await ProxyOptions.$current.withValue(CallOptions(response: third)) {
            await #expect(throws: RemoteError.self) { try await desk.tag(failing: true) }
        }
        #expect(third.annotations.isEmpty)
        let items = CallResponse()
        var found: [[UInt8]?] = []
        try await ProxyOptions.$current.withValue(CallOptions(response: items)) {
            for try await _ in try await desk.tagged(upTo: 3) { found.append(items.annotations["ITEM"]) }
        }
        #expect(found == [[0], [1], [2]])
        await process.stop()
        await side.daemon.shutdown()
    }

    @Test("H5 a handshake value is judged and answered", arguments: SerializerFormat.allCases)
    func handshake(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let (process, _, dynamic) = try await side.python(format)
        #expect(try await dynamic.remote.handshakeAnswer() == nil)
        var options = ProxyOptions(serializer: format)
        options.handshake = ["token": "right"]
        let good = try side.daemon.client.dynamicProxy(dynamic.remote.uri.description, options: options)
        let identity = "spiffe://lantern.test/server"
        #expect(try await good.remote.handshakeAnswer()?.elements == ["welcome", .text(identity)])
        options.handshake = ["token": "wrong"]
        let bad = try side.daemon.client.dynamicProxy(dynamic.remote.uri.description, options: options)
        let error = await #expect(throws: LanternError.self) { try await bad.remote.connect() }
        #expect(error?.code == .connectionRefused)
        #expect(error?.detail.contains("wrong token") == true)
        await process.stop()
        await side.daemon.shutdown()
    }

    @Test("E7 E9 D10 exceptions and classes of the user's own", arguments: SerializerFormat.allCases)
    func userTypes(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let (process, desk, dynamic) = try await side.python(format)
        await #expect(throws: OutOfStock(item: "lamp", left: 2)) { try await desk.empty(item: "lamp") }
        #expect(try await desk.problem().message == "kept")
        #expect(try await desk.problem().type == "builtins.ValueError")
        #expect(try await desk.order(Order(number: 1, item: "lamp")) == Order(number: 2, item: "lamp"))
        let order: Value = ["__class__": "shop.Order", "number": 1, "item": "saw"]
        #expect(try await dynamic.call("order", order)["__class__"] == "shop.Order")
        await process.stop()
        await side.daemon.shutdown()
    }
}
