import Lantern
import LanternTesting
import LanternTrust
import Synchronization

@Remote
protocol Bureau: Sendable {
    func speak(_ text: String) async throws -> String
}

/// Makes desks, takes desks, passes them on.
@Remote
protocol Factory: Sendable {
    func make(_ name: String) async throws -> any Bureau
    func makeWeak(_ name: String) async throws -> any Bureau
    func many(_ count: Int) async throws -> [any Bureau]
    func named() async throws -> [String: any Bureau]
    func maybe(_ really: Bool) async throws -> (any Bureau)?
    func unregistered() async throws -> any Bureau
    func pass(_ desk: any Bureau) async throws -> any Bureau
    func speak(_ desk: any Bureau, _ text: String) async throws -> String
    func dynamic(_ proxy: DynamicProxy) async throws -> DynamicProxy
    func speakDynamic(_ proxy: DynamicProxy, _ text: String) async throws -> String
    func uri(_ uri: PyroURI) async throws -> PyroURI
    func box(_ box: DeskBox) async throws -> DeskBox
    func value(_ value: Value) async throws -> String
    func count(_ desks: [any Bureau]) async throws -> Int
    func unregister(_ id: String) async throws
    var first: any Bureau { get async throws }
    var ownID: String { get async throws }
}

/// A proxy inside of a type of one's own.
struct DeskBox: Codable, Sendable, Hashable {
    var label: String
    var desk: DynamicProxy
    var others: [DynamicProxy]?
}

final class Clerk: Bureau {
    let name: String

    init(_ name: String) { self.name = name }

    func speak(_ text: String) async throws -> String { "\(name) says \(text)" }
}

actor DeskFactory: Factory {
    private var daemon: Daemon?
    private(set) var clerks: [Clerk] = []

    func works(for daemon: Daemon) { self.daemon = daemon }
    func forget() { clerks = [] }

    private func registered(_ name: String, weak: Bool = false) async throws -> Clerk {
        let clerk = Clerk(name)
        clerks.append(clerk)
        guard let daemon else { throw LanternError(.shuttingDown, "no daemon") }
        try await daemon.register(clerk, as: (any Bureau).self, id: "desk-\(name)", weak: weak)
        return clerk
    }

    func make(_ name: String) async throws -> any Bureau { try await registered(name) }
    func makeWeak(_ name: String) async throws -> any Bureau { try await registered(name, weak: true) }

    func many(_ count: Int) async throws -> [any Bureau] {
        var desks: [any Bureau] = []
        for number in 0..<count { desks.append(try await registered("many\(number)")) }
        return desks
    }

    func named() async throws -> [String: any Bureau] {
        ["left": try await registered("left"), "right": try await registered("right")]
    }

    func maybe(_ really: Bool) async throws -> (any Bureau)? { really ? try await registered("maybe") : nil }
    func unregistered() -> any Bureau { Clerk("nobody") }
    func pass(_ desk: any Bureau) -> any Bureau { desk }
    func speak(_ desk: any Bureau, _ text: String) async throws -> String { try await desk.speak(text) }
    func dynamic(_ proxy: DynamicProxy) -> DynamicProxy { proxy }

    func speakDynamic(_ proxy: DynamicProxy, _ text: String) async throws -> String {
        try await proxy.call("speak", .text(text)).textValue ?? ""
    }

    func uri(_ uri: PyroURI) -> PyroURI { uri }
    func box(_ box: DeskBox) -> DeskBox {
        DeskBox(label: box.label + "!", desk: box.desk, others: box.others)
    }

    func value(_ value: Value) async throws -> String {
        try await CallContext.current?.proxy(value).call("speak", "value").textValue ?? ""
    }

    func count(_ desks: [any Bureau]) -> Int { desks.count }
    func unregister(_ id: String) async throws { try await daemon?.unregister(id) }

    var first: any Bureau {
        get async throws { try await registered("first") }
    }

    /// C21: an object asks for its own id.
    var ownID: String { CallContext.current?.object ?? "" }
}

/// A factory behind a daemon, a client that serves nothing, and another host that serves too.
struct FactoryLoopback {
    let hosts: TestHosts
    let daemon: Daemon
    let client: Client
    let factory = DeskFactory()
    /// The daemon of the host `client`, for callbacks in Pyro's way.
    let home: Daemon
    let uri: String

    init(
        rules: [PolicyRule] = [Loopback.allowAll], adjust: (inout Settings) -> Void = { _ in }
    ) async throws {
        hosts = try TestHosts()
        var (server, caller) = try hosts.pair(rules: rules)
        server.listen.host = "127.0.0.1"
        server.proxies.timeout = .seconds(20)
        adjust(&server)
        caller.listen.host = "127.0.0.1"
        caller.policy = try PolicyTable(rules: [Loopback.allowAll])
        daemon = try await Daemon(settings: server)
        home = try await Daemon(settings: caller)
        client = try Client(settings: caller)
        uri = try await daemon.register(factory, as: (any Factory).self, id: "factory").description
        await factory.works(for: daemon)
    }

    func remote(_ options: ProxyOptions? = nil) throws -> any Factory {
        try client.proxy((any Factory).self, uri, options: options)
    }

    func close() async {
        await client.shutdown()
        await home.shutdown()
        await daemon.shutdown()
    }
}
