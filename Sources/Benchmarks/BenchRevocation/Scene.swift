import BenchContract
import Foundation
import Lantern
import LanternTLS
import LanternTrust
import Logging
import NIOPosix
import Synchronization

/// A daemon, clients that stay, and clients that are revoked; all in one directory that goes with it.
final class Scene: Sendable {
    struct Round: CustomStringConvertible {
        /// Milliseconds from just before the list was renamed into place to the last answer of a revoked connection.
        let lastAnswer: Double
        /// The same to the end of the last of its connections.
        let allEnded: Double
        /// Calls of others that failed meanwhile.
        let disturbed: Int

        var description: String {
            String(
                format: "last answer %.1f ms, all ended %.1f ms, %d disturbed", lastAnswer, allEnded,
                disturbed)
        }
    }

    private static let policy = """
        version: 1
        rules:
          - allow: ["spiffe://bench.test/*"]
            objects: [bench]
            methods: ["*"]

        """

    private let directory: String
    private let factory: HomeFactory
    private let authority: LocalAuthority
    private let server: LanternHome
    private let list: String
    private let daemon: Daemon
    private let guests: Client
    private let staying: [any Bench]
    private let uri: String
    private let logger: Logger
    private let revoked = Mutex<[String]>([])

    init(connections: Int, unwatched: Bool) async throws {
        directory = FileManager.default.temporaryDirectory.path + "/lantern-revocation-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var logger = Logger(label: "bench")
        // What is taken away at the end is no news.
        logger.logLevel = .critical
        self.logger = logger
        factory = try HomeFactory(directory: directory + "/authority")
        authority = try LocalAuthority(certificateFile: factory.certificateFile, keyFile: factory.keyFile)
        var plan = HomeFactory.Plan(identity: try SPIFFEID("spiffe://bench.test/server"))
        plan.policy = Self.policy
        server = try factory.make(directory + "/server", plan)
        list = unwatched ? directory + "/elsewhere/crl.pem" : server.crlFile
        if unwatched {
            try FileManager.default.createDirectory(
                atPath: directory + "/elsewhere", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: server.crlFile, withDestinationPath: list)
        }
        try authority.publishRevocationList(revoking: [], to: list)
        var settings = try Settings.load(server)
        settings.listen = ListenSettings(host: "127.0.0.1", port: 0)
        settings.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        daemon = try await Daemon(settings: settings, logger: logger)
        uri = try await daemon.register(
            Echo(), as: (any Bench).self, id: "bench", options: ObjectOptions(execution: .onLoop)
        ).description
        guests = try Self.client("guest", factory, directory, server, logger)
        staying = try await Self.open(connections, guests, uri)
    }

    private static func client(
        _ name: String, _ factory: HomeFactory, _ directory: String, _ server: LanternHome, _ logger: Logger
    ) throws -> Client {
        let identity = try SPIFFEID("spiffe://bench.test/\(name)")
        let home = try factory.make("\(directory)/\(name)", .init(identity: identity))
        try HomeFactory.authorize(home, identity: identity, in: server)
        try HomeFactory.authorize(server, identity: SPIFFEID("spiffe://bench.test/server"), in: home)
        var settings = try Settings.load(home)
        settings.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        return try Client(settings: settings, logger: logger)
    }

    /// Opens connections, a few at a time, each with a call.
    private static func open(_ count: Int, _ client: Client, _ uri: String) async throws -> [any Bench] {
        var stubs: [any Bench] = []
        while stubs.count < count {
            let more = try (0..<min(50, count - stubs.count)).map { _ in
                try client.proxy((any Bench).self, uri)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for stub in more { group.addTask { _ = try await stub.echo([1]) } }
                try await group.waitForAll()
            }
            stubs += more
        }
        return stubs
    }

    /// One identity is revoked while all of its connections call.
    func play(round: Int, connections: Int) async throws -> Round {
        let name = "thief-\(round)"
        let epoch = daemon.health.epoch
        let thief = try Self.client(name, factory, directory, server, logger)
        // Its key is authorised by another epoch.
        while daemon.health.epoch == epoch { try await Task.sleep(for: .milliseconds(20)) }
        let stubs = try await Self.open(connections, thief, uri)
        revoked.withLock { $0.append("\(directory)/\(name)/identity/cert.pem") }
        let watch = Watch()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for stub in stubs { group.addTask { await watch.callUntilRefused(stub) } }
            let bystanders = group.addBystanders(staying.prefix(8), watch)
            _ = bystanders
            while !watch.isBusy(atLeast: connections) { try await Task.sleep(for: .milliseconds(5)) }
            // All is written before the clock starts; the rename is the landing.
            try authority.publishRevocationList(
                revoking: revoked.withLock(\.self), number: round + 1, to: list + ".next")
            watch.start()
            guard rename(list + ".next", list) == 0 else { throw CocoaError(.fileWriteUnknown) }
            try await group.waitForAll()
        }
        let stillThere = try await Self.count(staying)
        return Round(
            lastAnswer: watch.lastAnswer, allEnded: watch.lastEnd,
            disturbed: watch.disturbed + staying.count - stillThere)
    }

    /// How many of them still answer.
    private static func count(_ stubs: [any Bench]) async throws -> Int {
        var count = 0
        for stub in stubs where (try? await stub.echo([1])) != nil { count += 1 }
        return count
    }

    func close() async {
        await guests.shutdown()
        await daemon.shutdown()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

extension ThrowingTaskGroup<Void, any Error> {
    fileprivate mutating func addBystanders(_ stubs: ArraySlice<any Bench>, _ watch: Watch) -> Int {
        for stub in stubs { addTask { await watch.callWhileOthersEnd(stub) } }
        return stubs.count
    }
}

/// The object that is called.
private struct Echo: Bench {
    func echo(_ data: [UInt8]) -> [UInt8] { data }
    func note(_ data: [UInt8]) {}
    func numbers(_ count: Int) -> RemoteStream<Int> { RemoteStream(0..<max(0, min(count, 1_000))) }
    func usage() -> Usage { Usage(cpu: 0, notes: 0) }
}
