import Foundation
import LanternEtcd
import LanternNameServer
import LanternTLS
import LanternTesting
import Synchronization

/// A cluster of three servers on loopback with mutual TLS, made for tests from Debian's `etcd-server`.
///
/// Each server ends with the object, and with the test program in whatever way that ends: a shell waits for its end of a pipe
/// and kills its server by process id.
final class EtcdCluster: Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    static let program = ["/usr/bin/etcd", "/usr/local/bin/etcd"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    private static let isRequired = ProcessInfo.processInfo.environment["LANTERN_REQUIRE_ETCD"] == "1"
    /// Without etcd these tests are left out, unless LANTERN_REQUIRE_ETCD says that this is a failure.
    static let isUsable = program != nil || isRequired
    static let howToGet = "no etcd: run Scripts/test, or install Debian's etcd-server"

    /// One for all tests that do no harm to it.
    static let shared = Task { try await EtcdCluster() }

    let authority: TestAuthority
    let clientIdentity: TestIdentity
    let endpoints: [EtcdEndpoint]
    private let directory: String
    private let arguments: [[String]]
    private let nodes: Mutex<[EtcdNode?]>

    /// Starts the servers and waits until they answer.
    init(size: Int = 3) async throws {
        authority = try TestAuthority(name: "etcd test authority")
        let server = try authority.issue(TestCertificate("etcd").with { $0.uris = [] })
        clientIdentity = try authority.issue(TestCertificate("ns").with { $0.dnsNames = [] })
        let ports = try FreePorts.take(size * 2)
        let base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        directory = base + "/lantern-etcd-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        endpoints = ports.prefix(size).map { EtcdEndpoint(host: "127.0.0.1", port: $0) }
        let peers = ports.suffix(size).map { "https://127.0.0.1:\($0)" }
        let members = peers.enumerated().map { "n\($0.offset)=\($0.element)" }.joined(separator: ",")
        let (directory, endpoints) = (directory, endpoints)
        arguments = (0..<size).map { index in
            let url = "https://\(endpoints[index])"
            return [
                "--name", "n\(index)", "--data-dir", "\(directory)/n\(index)", "--listen-client-urls", url,
                "--advertise-client-urls", url, "--listen-peer-urls", peers[index],
                "--initial-advertise-peer-urls", peers[index], "--initial-cluster", members,
                "--initial-cluster-token", directory, "--client-cert-auth", "--trusted-ca-file",
                server.rootsFile, "--cert-file", server.certificateFile, "--key-file", server.keyFile,
                "--peer-client-cert-auth", "--peer-trusted-ca-file", server.rootsFile, "--peer-cert-file",
                server.certificateFile, "--peer-key-file", server.keyFile, "--max-txn-ops", "2048",
                "--logger", "zap", "--log-outputs", "\(directory)/n\(index).log",
            ]
        }
        nodes = Mutex(Array(repeating: nil, count: size))
        for index in 0..<size { try start(index) }
        let client = try EtcdClient(settings: settings(deadline: .seconds(60)))
        do { _ = try await client.range(EtcdRange(key: [1])) } catch {
            throw Failure(description: "etcd did not start: \(error)\n\(log(0).suffix(2_000))")
        }
        await client.close()
    }

    deinit {
        nodes.withLock { $0.forEach { $0?.kill() } }
        try? FileManager.default.removeItem(atPath: directory)
    }

    func log(_ index: Int) -> String {
        (try? String(contentsOfFile: "\(directory)/n\(index).log", encoding: .utf8)) ?? ""
    }

    func settings(
        _ indices: [Int]? = nil, identity: TestIdentity? = nil, roots: String? = nil,
        deadline: Duration = .seconds(10)
    ) throws -> EtcdSettings {
        let chosen = indices.map { $0.map { endpoints[$0] } } ?? endpoints
        var settings = try EtcdSettings(
            endpoints: chosen, tls: (identity ?? clientIdentity).settings(trusting: roots))
        settings.deadline = deadline
        return settings
    }

    /// A store with names of its own, unless a prefix is given.
    func store(
        prefix: String = "/test/\(UUID().uuidString)", on indices: [Int]? = nil,
        _ change: (inout EtcdNameStore.Settings) -> Void = { _ in }
    ) async throws -> EtcdNameStore {
        var settings = EtcdNameStore.Settings()
        settings.prefix = prefix
        change(&settings)
        return try await EtcdNameStore.open(self.settings(indices), settings: settings)
    }

    /// A server that nobody should use: without TLS. It ends with the object.
    static func plainServer() throws -> PlainServer { try PlainServer() }

    final class PlainServer: Sendable {
        let endpoint: EtcdEndpoint
        private let directory: String
        private let node: EtcdNode

        fileprivate init() throws {
            let ports = try FreePorts.take(2)
            directory = NSTemporaryDirectory() + "/lantern-etcd-" + UUID().uuidString
            endpoint = EtcdEndpoint(host: "127.0.0.1", port: ports[0])
            let (url, peer) = ("http://127.0.0.1:\(ports[0])", "http://127.0.0.1:\(ports[1])")
            node = try EtcdNode([
                "--data-dir", directory, "--listen-client-urls", url, "--advertise-client-urls", url,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster",
                "default=\(peer)",
            ])
        }

        deinit {
            node.kill()
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    // MARK: - Faults

    func start(_ index: Int) throws {
        let node = try EtcdNode(arguments[index])
        nodes.withLock { $0[index] = node }
    }

    /// Ends a server at once, as a crash does.
    func kill(_ index: Int) { nodes.withLock { $0[index].take() }?.kill() }

    /// Stops a server without ending its connections.
    func pause(_ index: Int) { nodes.withLock { $0[index]?.signal(SIGSTOP) } }

    func resume(_ index: Int) { nodes.withLock { $0[index]?.signal(SIGCONT) } }
}

/// One server.
private final class EtcdNode: Sendable {
    private let pipe: Pipe
    private let identifier: pid_t

    init(_ arguments: [String]) throws {
        guard let program = EtcdCluster.program else {
            throw EtcdCluster.Failure(description: EtcdCluster.howToGet)
        }
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        // The shell says the process id, waits until the pipe is closed, and kills.
        let script =
            #"exec 3<&0; "$@" </dev/null >/dev/null 2>&1 3<&- & echo $!; read -r line <&3; kill -9 $!"#
        shell.arguments = ["-c", script, "sh", program] + arguments
        let output = Pipe()
        pipe = Pipe()
        shell.standardInput = pipe
        shell.standardOutput = output
        try shell.run()
        var text = ""
        while !text.hasSuffix("\n"), let byte = try output.fileHandleForReading.read(upToCount: 1),
            !byte.isEmpty
        { text += String(decoding: byte, as: UTF8.self) }
        guard let number = pid_t(text.dropLast()) else {
            throw EtcdCluster.Failure(description: "etcd did not start")
        }
        identifier = number
    }

    func signal(_ signal: Int32) { _ = Foundation.kill(identifier, signal) }

    func kill() {
        signal(SIGKILL)
        try? pipe.fileHandleForWriting.close()
    }

    deinit { kill() }
}

/// Ports that nobody listens at.
enum FreePorts {
    static func take(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(socket)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int in
                    guard bind(socket, address, length) == 0, getsockname(socket, address, &length) == 0
                    else { return 0 }
                    return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        Int(UInt16(bigEndian: $0.pointee.sin_port))
                    }
                }
            }
            guard port > 0 else { throw EtcdCluster.Failure(description: "no free port") }
            return port
        }
    }
}
