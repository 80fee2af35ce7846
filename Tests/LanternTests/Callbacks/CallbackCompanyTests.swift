import Lantern
import LanternTesting
import LanternValue
import Synchronization
import Testing

/// An object of a client with everything that a contract may have.
@Remote
protocol Helper: Sendable {
    var label: String { get async throws }
    @Setter("label") func setLabel(_ value: String) async throws
    var friend: (any Helper)? { get async throws }
    @Setter("friend") func setFriend(_ value: (any Helper)?) async throws
    func order(_ order: Order) async throws -> Order
    func echo(_ value: Value) async throws -> Value
    func tag() async throws
    func keep() async throws
    func unpack(_ blob: SerializedBlob) async throws -> Value
}

/// A service that does what a test wants with a client's object.
@Remote
protocol Workshop: Sendable {
    func use(_ helper: any Helper) async throws -> String
    func boxes(_ helper: DynamicProxy) async throws -> RemoteStream<ProxyBox>
}

struct ProxyBox: Codable, Sendable {
    var number: Int
    var proxy: DynamicProxy
}

struct WorkshopService: Workshop {
    let body: @Sendable (any Helper) async throws -> String

    func use(_ helper: any Helper) async throws -> String { try await body(helper) }

    func boxes(_ helper: DynamicProxy) async throws -> RemoteStream<ProxyBox> {
        RemoteStream((0..<3).map { ProxyBox(number: $0, proxy: helper) })
    }
}

final class Apprentice: Helper {
    private let state = Mutex<(label: String, friend: (any Helper)?)>(("new", nil))
    let resource = Chest()

    var label: String { state.withLock { $0.label } }
    func setLabel(_ value: String) { state.withLock { $0.label = value } }
    var friend: (any Helper)? { state.withLock { $0.friend } }
    func setFriend(_ value: (any Helper)?) { state.withLock { $0.friend = value } }
    func order(_ order: Order) -> Order { Order(number: order.number + 1, point: order.point) }
    func echo(_ value: Value) -> Value { value }

    func tag() throws {
        let context = CallContext.current
        try context?.setResponseAnnotation("BACK", to: context?.annotations["ASKS"])
    }

    func keep() throws { try CallContext.current?.track(resource) }
    func unpack(_ blob: SerializedBlob) throws -> Value { try blob.deserialized() }
}

final class Chest: TrackedResource {
    let gate = Gate()
    func close() async { gate.open("closed") }
}

/// Callbacks together with what other calls have: attributes, annotations, classes, blobs, resources, compression.
@Suite(.timeLimit(.minutes(2)))
struct CallbackCompanyTests {
    private func run(
        adjustServer: (inout Settings) -> Void = { _ in }, adjustClient: (inout Settings) -> Void = { _ in },
        helper: Apprentice = Apprentice(), _ body: @escaping @Sendable (any Helper) async throws -> String
    ) async throws -> String {
        let loopback = try await NewsLoopback(adjustServer: adjustServer, adjustClient: adjustClient)
        let uri = try await loopback.daemon.register(WorkshopService(body: body), as: (any Workshop).self)
        let shop = try loopback.client.proxy((any Workshop).self, uri.description)
        do {
            let result = try await shop.use(helper)
            await loopback.close()
            return result
        } catch {
            await loopback.close()
            throw error
        }
    }

    @Test("a client's object has attributes, and setters, also of remote objects")
    func attributes() async throws {
        let result = try await run { helper in
            try await helper.setLabel("old")
            #expect(try await helper.friend == nil)
            try await helper.setFriend(helper)
            let friend = try #require(try await helper.friend)
            #expect(RemoteProxy.of(friend) == RemoteProxy.of(helper))
            try await helper.setFriend(nil)
            #expect(try await helper.friend == nil)
            return try await friend.label
        }
        #expect(result == "old")
    }

    @Test("annotations go with a callback and come with its answer")
    func annotations() async throws {
        let result = try await run { helper in
            let call = CallOptions(annotations: try CallAnnotations(["ASKS": [1, 2]]))
            let (_, response) = try await CallResponse.of(call) { try await helper.tag() }
            return "\(response.annotations["BACK"] ?? [])"
        }
        #expect(result == "[1, 2]")
    }

    @Test("classes registered at both ends travel in callbacks")
    func classes() async throws {
        let register = { (settings: inout Settings) in
            settings.classes.register(Order.self, as: "shop.Order")
            settings.classes.unknown = .areRefused
        }
        let result = try await run(adjustServer: register, adjustClient: register) { helper in
            "\(try await helper.order(Order(number: 1, point: Point(x: 2, y: 3))).number)"
        }
        #expect(result == "2")
    }

    @Test("a client that refuses unknown classes refuses them in callbacks, and a server in their answers")
    func unknownClasses() async throws {
        let unknown: Value = ["__class__": "made.up.Thing"]
        let open = try await run { "\(try await $0.echo(unknown)["__class__"] == "made.up.Thing")" }
        #expect(open == "true")
        let refuse = { (settings: inout Settings) in settings.classes.unknown = .areRefused }
        let client = await #expect(throws: RemoteError.self) {
            try await run(adjustClient: refuse) { "\(try await $0.echo(unknown))" }
        }
        #expect(client?.message.contains("made.up.Thing") == true)
        await #expect(throws: (any Error).self) {
            try await run(adjustServer: refuse) { "\(try await $0.echo(unknown))" }
        }
    }

    @Test("blobs made for a client's object reach it")
    func blobs() async throws {
        let result = try await run { helper in
            "\(try await helper.unpack(SerializedBlob(info: "x", data: [1, 2])).elements?.count ?? 0)"
        }
        #expect(result == "2")
    }

    @Test("callbacks travel compressed when proxies and answers do")
    func compression() async throws {
        let text = Value.text(String(repeating: "lantern ", count: 1_000))
        let result = try await run(
            adjustServer: { $0.proxies.compression = true }, adjustClient: { $0.compressesAnswers = true }
        ) { "\(try await $0.echo(text) == text)" }
        #expect(result == "true")
    }

    @Test("what a callback tracks is closed when the connection ends")
    func resources() async throws {
        let helper = Apprentice()
        let result = try await run(helper: helper) { helper in
            try await helper.keep()
            return "kept"
        }
        #expect(result == "kept")
        try await helper.resource.gate.wait("closed")
    }

    @Test("proxies inside of streamed Codable items, pushed and pulled", arguments: [true, false])
    func streamedProxies(pushes: Bool) async throws {
        let loopback = try await NewsLoopback()
        let uri = try await loopback.daemon.register(
            WorkshopService(body: { _ in "" }), as: (any Workshop).self)
        var options = ProxyOptions()
        if !pushes { options.streamDelivery = .pulled }
        let shop = try loopback.client.proxy((any Workshop).self, uri.description, options: options)
        let proxy = try loopback.client.dynamicProxy("PYRO:other@127.0.0.1:7")
        var numbers: [Int] = []
        for try await box in try await shop.boxes(proxy) {
            numbers.append(box.number)
            #expect(box.proxy == proxy)
        }
        #expect(numbers == [0, 1, 2])
        await loopback.close()
    }
}
