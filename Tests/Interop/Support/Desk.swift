import Lantern
import LanternTesting
import LanternTrust
import Synchronization

/// What lies beside calls: attributes, annotations, blobs, user types. `desk_server.py` has the same in Python.
@Remote
protocol Desk: Sendable {
    var name: String { get async throws }
    @Setter("name") func setName(_ value: String) async throws
    var fixed: Int { get async throws }
    var changes: RemoteStream<Int> { get async throws }
    @Name("__len__") func count() async throws -> Int
    func process(_ blob: SerializedBlob) async throws -> Value
    func forward(_ blob: SerializedBlob) async throws -> Value
    func tag(failing: Bool) async throws -> [String]
    func tagged(upTo limit: Int) async throws -> RemoteStream<Int>
    func correlation() async throws -> String
    func empty(item: String) async throws
    func problem() async throws -> RemoteError
    func order(_ order: Order) async throws -> Order
    func hold(_ name: String) async throws
}

struct Order: Codable, Sendable, Equatable {
    var number: Int
    var item: String
}

struct OutOfStock: RemoteThrowable, Equatable {
    var item: String
    var left: Int
    var message: String { "no \(item)" }
}

actor DeskService: Desk {
    var name = "swift"
    let fixed = 7
    /// Names of resources that were closed.
    nonisolated let closed: AsyncStream<String>
    private let closing: AsyncStream<String>.Continuation
    private var last: (any Desk)?

    init() { (closed, closing) = AsyncStream.makeStream(of: String.self) }

    func passOn(to last: any Desk) { self.last = last }
    func setName(_ value: String) { name = value }
    var changes: RemoteStream<Int> { RemoteStream(0..<3) }
    func count() -> Int { 3 }
    func process(_ blob: SerializedBlob) throws -> Value {
        ["SerializedBlob", blob.info, try blob.deserialized()]
    }
    func forward(_ blob: SerializedBlob) async throws -> Value {
        guard let last else { throw RemoteError(type: "builtins.LookupError", message: "nobody") }
        return try await last.process(blob)
    }
    func tag(failing: Bool) throws -> [String] {
        guard let context = CallContext.current else { return [] }
        try context.setResponseAnnotation("BACK", to: context.annotations["ECHO"] ?? [])
        if failing { throw RemoteError(type: "builtins.ValueError", message: "after tagging") }
        return context.annotations.names.sorted()
    }
    nonisolated func tagged(upTo limit: Int) -> RemoteStream<Int> {
        let next = Mutex(0)
        return RemoteStream {
            let number = next.withLock { number in
                defer { number += 1 }
                return number
            }
            guard number < limit else { return nil }
            try CallContext.current?.setResponseAnnotation("ITEM", to: [UInt8(number)])
            return number
        }
    }
    func correlation() -> String { CallContext.current?.correlationID ?? "none" }
    func empty(item: String) throws { throw OutOfStock(item: item, left: 2) }
    func problem() -> RemoteError { RemoteError(type: "builtins.ValueError", message: "kept") }
    func order(_ order: Order) -> Order { Order(number: order.number + 1, item: order.item) }

    final class Held: TrackedResource {
        let name: String
        let closing: AsyncStream<String>.Continuation
        init(_ name: String, _ closing: AsyncStream<String>.Continuation) {
            (self.name, self.closing) = (name, closing)
        }
        func close() async { closing.yield(name) }
    }

    func hold(_ name: String) throws {
        try CallContext.current?.track(Held(name, closing))
    }
}

/// A Lantern daemon with a desk, whose next hop may be a Python one.
struct DeskSide {
    let hosts: TestHosts
    let pythonHome: LanternHome
    let daemon: Daemon
    let service = DeskService()
    let desk: String

    init() async throws {
        hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        pythonHome = homes[1]
        var settings = try Settings.load(homes[0])
        settings.policy = try PolicyTable(rules: [
            PolicyRule(.allow, identities: ["*"], objects: ["desk"], methods: ["*"])
        ])
        settings.listen = ListenSettings(host: "127.0.0.1")
        settings.classes.register(Order.self, as: "shop.Order")
        settings.errorClasses.register(OutOfStock.self, as: "shop.OutOfStock")
        settings.hooks.validateHandshake = { _, value in
            if value == "leave" { return "go away" }
            guard let token = value["token"] else { return .none }
            guard token == "right" else {
                throw RemoteError(type: "builtins.ValueError", message: "wrong token")
            }
            return ["welcome", 1]
        }
        daemon = try await Daemon(settings: settings)
        desk = try await daemon.register(
            service, as: (any Desk).self, id: "desk", options: ObjectOptions(acceptsForwardedBlobs: true)
        ).description
    }

    /// A stock Pyro5 daemon, and its desk seen from here.
    func python(
        _ format: SerializerFormat = .msgpack
    ) async throws -> (process: PythonProcess, desk: any Desk, dynamic: DynamicProxy) {
        let process = try PythonProcess("desk_server.py", home: pythonHome, desk)
        let uri = "PYRO:desk@\(try await process.ready())"
        let options = ProxyOptions(serializer: format)
        return (
            process, try await daemon.proxy((any Desk).self, uri, options: options),
            try daemon.client.dynamicProxy(uri, options: options)
        )
    }
}
