import Foundation
import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import NIOPosix
import Testing

@testable import Lantern

/// Daemons and clients that meet at a path of this host.
@Suite(.timeLimit(.minutes(2)))
struct UnixSocketTests {
    let hosts: TestDirectory

    init() throws { hosts = try TestDirectory() }

    private func serve(_ path: String, mode: Int = 0o600) async throws -> Loopback {
        try await Loopback { $0.listen = ListenSettings(unixSocket: path, mode: mode) }
    }

    private func failure(_ body: () async throws -> Void) async -> LanternError? {
        do { try await body() } catch { return error as? LanternError }
        return nil
    }

    @Test("C1 J3 a daemon on a Unix socket: same calls, same TLS and handshake, and a URI that leads there")
    func calls() async throws {
        let path = hosts.path("calls.sock")
        let loopback = try await serve(path)
        #expect(loopback.uri == "PYRO:counter@./u:\(path)")
        let counter = try loopback.counter()
        #expect(try await counter.add(2) == 2)
        #expect(try await counter.whoCalls() == "spiffe://lantern.test/client")
        let peer = try await loopback.dynamic().remote.peer()
        #expect(peer.identity.description == "spiffe://lantern.test/server")
        let big = [UInt8](repeating: 7, count: 3 << 20)
        #expect(try await counter.echo(big) == big)
        await loopback.close()
    }

    @Test("the caller's address is its user and process")
    func address() async throws {
        let loopback = try await serve(hosts.path("address.sock"))
        let uri = try await loopback.daemon.register(
            dynamic: Lab(["where": { _ in .value(.text(CallContext.current?.address ?? "")) }]), id: "lab")
        let address = try await loopback.client.dynamicProxy(uri.description).call("where")
        #expect(address == .text("unix:uid=\(getuid()),pid=\(getpid())"))
        await loopback.close()
    }

    @Test("the socket file is for its owner unless it is said otherwise", arguments: [0o600, 0o660, 0o666])
    func permissions(mode: Int) async throws {
        let path = hosts.path("mode-\(mode).sock")
        let loopback = try await serve(path, mode: mode)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == mode)
        #expect(ListenSettings(unixSocket: path).unixSocketMode == 0o600)
        await loopback.close()
    }

    @Test("J3 the file goes away with its daemon, and only its own")
    func removal() async throws {
        let path = hosts.path("gone.sock")
        let loopback = try await serve(path)
        #expect(FileManager.default.fileExists(atPath: path))
        await loopback.close()
        #expect(!FileManager.default.fileExists(atPath: path))
        let other = try await serve(path)
        try FileManager.default.removeItem(atPath: path)
        try Data("something else".utf8).write(to: URL(filePath: path))
        await other.close()
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("J3 a socket that nobody listens behind is replaced")
    func stale() async throws {
        let path = hosts.path("stale.sock")
        let left = try UnixSocket.listen(path: path, mode: 0o600)
        Foundation.close(left.descriptor)
        #expect(FileManager.default.fileExists(atPath: path))
        let loopback = try await serve(path)
        #expect(try await loopback.counter().add(1) == 1)
        await loopback.close()
    }

    @Test("a path where a daemon listens, or that is no socket, is left alone")
    func taken() async throws {
        let path = hosts.path("taken.sock")
        let first = try await serve(path)
        let error = await failure { _ = try await serve(path) }
        #expect(error?.code == .configuration)
        #expect(error?.detail.contains("another program listens there") == true)
        #expect(try await first.counter().add(1) == 1)
        await first.close()
        try Data("text".utf8).write(to: URL(filePath: path))
        let other = await failure { _ = try await serve(path) }
        #expect(other?.code == .configuration)
        #expect(other?.detail.contains("no socket") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "text")
        let link = hosts.path("link.sock")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(await failure { _ = try await serve(link) }?.code == .configuration)
        let nowhere = await failure { _ = try await serve(hosts.path("no/such/directory.sock")) }
        #expect(nowhere?.code == .configuration)
        #expect(nowhere?.detail.contains("listen.unix-socket") == true)
    }

    @Test("107 bytes are a path, and 108 are an error that says so")
    func length() async throws {
        let start = "/tmp/l-\(UUID().uuidString)-"
        let longest = start + String(repeating: "x", count: UnixSocket.maximumPath - start.utf8.count)
        let loopback = try await serve(longest)
        #expect(try await loopback.counter().add(1) == 1)
        await loopback.close()
        let server = await failure { _ = try await serve(longest + "x") }
        #expect(server?.code == .configuration)
        #expect(server?.detail.contains("107") == true)
        let client = try loopback.client.dynamicProxy("PYRO:counter@./u:\(longest)x")
        let error = await failure { try await client.call("add", 1) }
        #expect(error?.code == .misuse)
        #expect(error?.detail.contains("107") == true)
    }

    @Test("J4 a name in the abstract name space needs no file")
    func abstract() async throws {
        let name = "\0lantern-test-\(UUID().uuidString)"
        let loopback = try await serve(name)
        #expect(try await loopback.counter().add(1) == 1)
        await loopback.close()
        let next = try await serve(name)
        await next.close()
    }

    @Test("nobody there is an error that names the path")
    func nobody() async throws {
        let loopback = try await serve(hosts.path("nobody.sock"))
        await loopback.close()
        for path in [hosts.path("nobody.sock"), "/tmp", hosts.path("never")] {
            let proxy = try loopback.client.dynamicProxy("PYRO:counter@./u:\(path)")
            let error = await failure { try await proxy.call("add", 1) }
            #expect(error?.code == .connectFailed)
            #expect(error?.detail.contains(path) == true)
        }
    }

    @Test("the server is checked: by identity, by a name that was chosen, else as localhost")
    func serverIsChecked() async throws {
        let path = hosts.path("checked.sock")
        let loopback = try await serve(path)
        var options = ProxyOptions()
        func call() async -> LanternError? {
            await failure { try await loopback.dynamic(options).call("add", 1) }
        }
        #expect(await call() == nil)
        options.serverName = "127.0.0.1"
        #expect(await call() == nil)
        options.serverName = "svc.example"
        #expect(await call()?.code == .authenticationFailed)
        options.expectedIdentity = "spiffe://lantern.test/server"
        #expect(await call()?.code == .authenticationFailed, "a name that was chosen counts too")
        options.serverName = nil
        #expect(await call() == nil)
        options.expectedIdentity = "spiffe://lantern.test/other"
        #expect(await call()?.code == .authenticationFailed)
        await loopback.close()
    }

    @Test("a certificate that is not for localhost is refused without an expected identity")
    func notLocalhost() async throws {
        let factory = try HomeFactory(directory: hosts.path("authority"))
        var plan = HomeFactory.Plan(identity: try SPIFFEID("spiffe://lantern.test/server"))
        (plan.dnsNames, plan.addresses) = (["svc.example"], [])
        let server = try factory.make(hosts.path("server"), plan)
        let client = try factory.make(
            hosts.path("client"), .init(identity: try SPIFFEID("spiffe://lantern.test/client")))
        try HomeFactory.authorize(client, identity: SPIFFEID("spiffe://lantern.test/client"), in: server)
        try HomeFactory.authorize(server, identity: SPIFFEID("spiffe://lantern.test/server"), in: client)
        var settings = try Settings.load(server)
        settings.policy = try PolicyTable(rules: [Loopback.allowAll])
        settings.listen = ListenSettings(unixSocket: hosts.path("svc.sock"))
        let daemon = try await Daemon(settings: settings)
        let uri = try await daemon.register(dynamic: Lab(["hi": { _ in .value(1) }]), id: "lab").description
        let caller = try Client(settings: .load(client))
        var options = ProxyOptions()
        let refused = await failure { try await caller.dynamicProxy(uri, options: options).call("hi") }
        #expect(refused?.code == .authenticationFailed)
        options.serverName = "svc.example"
        #expect(try await caller.dynamicProxy(uri, options: options).call("hi") == 1)
        options.serverName = nil
        options.expectedIdentity = "spiffe://lantern.test/server"
        #expect(try await caller.dynamicProxy(uri, options: options).call("hi") == 1)
        await daemon.shutdown()
    }

    @Test("strangers at the path get no further: no certificate, no calls")
    func strangers() async throws {
        let path = hosts.path("strangers.sock")
        let loopback = try await serve(path)
        let other = try await Loopback()
        let intruder = try other.client.dynamicProxy(loopback.uri)
        #expect(await failure { try await intruder.call("add", 1) } != nil)
        let plain = try await UnixSocket.connect(path: path, before: .now.advanced(by: .seconds(5)))
        let inbox = Inbox<RawEvent>()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FrameHandler(inbox))
                }
            }
            .withConnectedSocket(plain).get()
        try? await channel.writeAndFlush(channel.allocator.buffer(string: "PYRO no TLS here, thank you"))
            .get()
        while let event = await inbox.next() {
            if case .frame = event { Issue.record("an answer without TLS") }
        }
        #expect(try await loopback.counter().add(1) == 1)
        await loopback.close()
        await other.close()
    }

    @Test("a Unix socket has no published address")
    func noNAT() async throws {
        for adjust: @Sendable (inout ListenSettings) -> Void in [
            { $0.publishedHost = "svc.example" }, { $0.publishedPort = 7000 },
        ] {
            let error = await failure {
                _ = try await Loopback {
                    $0.listen = ListenSettings(unixSocket: hosts.path("nat.sock"))
                    adjust(&$0.listen)
                }
            }
            #expect(error?.code == .configuration)
        }
    }

    @Test("a name server at a path is found by PYRONAME, with and without its place in the URI")
    func nameServer() async throws {
        let path = hosts.path("ns.sock")
        let names = try await serve(path)
        let uri = names.uri
        try await names.daemon.register(
            dynamic: Lab(["lookup": { _ in .value(.text(uri)) }]), id: "Pyro.NameServer")
        let there = try names.client.dynamicProxy("PYRONAME:some.name@./u:\(path)")
        #expect(try await there.call("add", 1) == 1)
        var settings = names.caller
        settings.nameServer = NameServerAddress(
            identity: "spiffe://lantern.test/server", unixSocket: path)
        let client = try Client(settings: settings)
        #expect(try await client.dynamicProxy("PYRONAME:some.name").call("add", 1) == 2)
        await client.shutdown()
        await names.close()
    }
}
