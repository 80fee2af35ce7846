import Lantern
import LanternTesting
import LanternTrust
import LanternWire
import Logging
import Synchronization

/// An object of a client that a server calls back.
@Remote
protocol Follower: Sendable {
    func news(_ line: String) async throws -> String
    @Oneway func flash(_ line: String) async throws
    func recurse(_ depth: Int, with room: any Press) async throws -> Int
    func fail() async throws
    func wait() async throws
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int>
    func who() async throws -> String
    func chain() async throws -> String
}

/// A server that takes listeners, keeps them and gives them back.
@Remote
protocol Press: Sendable {
    func ask(_ listener: any Follower, _ line: String) async throws -> String
    func subscribe(_ listener: any Follower) async throws
    func unsubscribe(_ listener: any Follower) async throws -> Bool
    func publish(_ line: String) async throws -> [String]
    func all(_ listeners: [any Follower], named: [String: any Follower], extra: (any Follower)?) async throws
        -> [String]
    func latest() async throws -> (any Follower)?
    func recurse(_ depth: Int, listener: any Follower) async throws -> Int
    func fail(_ listener: any Follower) async throws
    func wait(_ listener: any Follower) async throws
    func sum(_ listener: any Follower, upTo limit: Int) async throws -> Int
    func who(_ listener: any Follower) async throws -> String
    func chain(_ listener: any Follower) async throws -> [String]
    func flash(_ listener: any Follower, _ line: String) async throws
    func plain() async throws -> Int
}

final class Fan: Follower {
    let name: String
    let gate: Gate
    let lines = Mutex<[String]>([])
    let meter = Meter()
    let room: Mutex<(any Press)?>

    init(_ name: String = "reader", gate: Gate = Gate(), room: (any Press)? = nil) {
        self.name = name
        self.gate = gate
        self.room = Mutex(room)
    }

    func news(_ line: String) async throws -> String {
        lines.withLock { $0.append(line) }
        return "\(name): \(line)"
    }

    func flash(_ line: String) async throws { gate.open(line) }

    /// Calls back into the server over the client's own proxy.
    func recurse(_ depth: Int, with room: any Press) async throws -> Int {
        meter.enter()
        defer { meter.leave() }
        guard depth > 0, let room = self.room.withLock({ $0 }) else { return depth }
        return try await room.recurse(depth - 1, listener: self) + 1
    }

    func fail() async throws { throw RemoteError(type: "builtins.KeyError", message: "no \(name)") }

    func wait() async throws {
        gate.open("callback waits")
        do { try await gate.wait("never") } catch {
            gate.open("callback cancelled")
            throw error
        }
    }

    func numbers(upTo limit: Int) async throws -> RemoteStream<Int> { RemoteStream(0..<limit) }
    func who() async throws -> String { CallContext.current?.peer.identity.description ?? "nobody" }
    func chain() async throws -> String { CallContext.current?.correlationID ?? "none" }
}

actor NewsService: Press {
    var listeners: [any Follower] = []
    let itself = Mutex<(any Press)?>(nil)

    func ask(_ listener: any Follower, _ line: String) async throws -> String {
        try await listener.news(line)
    }
    func subscribe(_ listener: any Follower) { listeners.append(listener) }

    func unsubscribe(_ listener: any Follower) -> Bool {
        let count = listeners.count
        listeners.removeAll { RemoteProxy.of($0) == RemoteProxy.of(listener) }
        return listeners.count < count
    }

    func publish(_ line: String) async throws -> [String] {
        var answers: [String] = []
        for listener in listeners { answers.append(try await listener.news(line)) }
        return answers
    }

    func all(
        _ listeners: [any Follower], named: [String: any Follower], extra: (any Follower)?
    ) async throws -> [String] {
        var answers: [String] = []
        for listener in listeners { answers.append(try await listener.news("list")) }
        for (name, listener) in named.sorted(by: { $0.key < $1.key }) {
            answers.append(try await listener.news(name))
        }
        if let extra { answers.append(try await extra.news("extra")) }
        return answers
    }

    func latest() -> (any Follower)? { listeners.last }

    func recurse(_ depth: Int, listener: any Follower) async throws -> Int {
        guard depth > 0 else { return 0 }
        guard let room = itself.withLock({ $0 }) else { return -1 }
        return try await listener.recurse(depth - 1, with: room) + 1
    }

    func fail(_ listener: any Follower) async throws { try await listener.fail() }
    func wait(_ listener: any Follower) async throws { try await listener.wait() }

    func sum(_ listener: any Follower, upTo limit: Int) async throws -> Int {
        var sum = 0
        for try await number in try await listener.numbers(upTo: limit) { sum += number }
        return sum
    }

    func who(_ listener: any Follower) async throws -> String { try await listener.who() }

    func chain(_ listener: any Follower) async throws -> [String] {
        [CallContext.current?.correlationID ?? "", try await listener.chain()]
    }

    func flash(_ listener: any Follower, _ line: String) async throws { try await listener.flash(line) }
    func plain() -> Int { 1 }
}

/// A newsroom behind a daemon, and a client of it that serves nothing.
struct NewsLoopback {
    let hosts: TestHosts
    let daemon: Daemon
    let service = NewsService()
    let client: Client
    let uri: String
    let log = LogLines()

    init(
        adjustServer: (inout Settings) -> Void = { _ in }, adjustClient: (inout Settings) -> Void = { _ in },
        rules: [PolicyRule] = [Loopback.allowAll]
    ) async throws {
        hosts = try TestHosts()
        var (server, caller) = try hosts.pair(rules: rules)
        server.listen.host = "127.0.0.1"
        server.limits.drainTimeout = .seconds(5)
        adjustServer(&server)
        adjustClient(&caller)
        daemon = try await Daemon(settings: server)
        uri = try await daemon.register(service, as: (any Press).self, id: "news").description
        client = try Client(settings: caller, logger: log.logger)
        let itself = try daemon.proxy(for: service, as: (any Press).self)
        service.itself.withLock { $0 = itself }
    }

    func room(_ options: ProxyOptions? = nil) throws -> any Press {
        try client.proxy((any Press).self, uri, options: options)
    }

    func close() async {
        await client.shutdown()
        await daemon.shutdown()
    }
}

/// Keeps what is logged.
final class LogLines: LogHandler, Sendable {
    private let state = Mutex<[String]>([])
    let gate = Gate()

    var lines: [String] { state.withLock { $0 } }

    var logger: Logger { Logger(label: "test", factory: { _ in self }) }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
        state.withLock { $0.append("\(event.level) \(event.message) \(metadata.joined(separator: " "))") }
        gate.open("\(event.message)")
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }
}
