import Glibc
import LanternTrust
import LanternValue
import Testing

@testable import Lantern

/// Daemon and client at the two ends of a socket pair.
@Suite(.timeLimit(.minutes(2)))
struct ConnectedSocketTests {
    private func pair() throws -> (CInt, CInt) {
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    @Test("C1 J5 a connected socket: TLS and the signed handshake, as everywhere")
    func calls() async throws {
        let loopback = try await Loopback { $0.listen = .nowhere }
        #expect(loopback.daemon.port == 0)
        let (near, far) = try pair()
        try await loopback.daemon.serve(connectedSocket: far)
        let counter = try loopback.client.proxy(
            (any Counter).self, object: "counter", connectedSocket: near)
        #expect(try await counter.add(2) == 2)
        #expect(try await counter.whoCalls() == "spiffe://lantern.test/client")
        await loopback.close()
    }

    @Test("one socket, one connection: when it has ended the proxy says so and does not connect again")
    func oneConnection() async throws {
        let loopback = try await Loopback()
        let (near, far) = try pair()
        try await loopback.daemon.serve(connectedSocket: far)
        let proxy = try loopback.client.dynamicProxy(object: "counter", connectedSocket: near)
        #expect(try await proxy.call("add", 2) == 2)
        proxy.remote.close()
        let error = await #expect(throws: LanternError.self) { try await proxy.call("add", 2) }
        #expect(error?.code == .connectionLost)
        await loopback.close()
    }

    @Test("the server is checked there too")
    func checked() async throws {
        let loopback = try await Loopback()
        for (identity, isRight) in [
            ("spiffe://lantern.test/server", true), ("spiffe://lantern.test/x", false),
        ] {
            let (near, far) = try pair()
            try await loopback.daemon.serve(connectedSocket: far)
            let proxy = try loopback.client.dynamicProxy(
                object: "counter", connectedSocket: near, options: ProxyOptions(expectedIdentity: identity))
            let code = await code { try await proxy.call("add", 1) }
            #expect(code == (isRight ? nil : .authenticationFailed))
        }
        await loopback.close()
    }

    @Test("a client with another authority, and one that says nothing, are refused")
    func strangers() async throws {
        let loopback = try await Loopback { $0.limits.handshakeTimeout = .milliseconds(300) }
        let other = try await Loopback()
        let (near, far) = try pair()
        try await loopback.daemon.serve(connectedSocket: far)
        let intruder = try other.client.dynamicProxy(object: "counter", connectedSocket: near)
        #expect(await code { try await intruder.call("add", 1) } != nil)
        let (silent, end) = try pair()
        try await loopback.daemon.serve(connectedSocket: end)
        let result = await Task.detached {
            var byte: UInt8 = 0
            return read(silent, &byte, 1)
        }.value
        #expect(result <= 0, "closed by the daemon")
        close(silent)
        await loopback.close()
        await other.close()
    }

    @Test("what is no stream socket is refused and stays the caller's")
    func noSocket() async throws {
        let loopback = try await Loopback()
        let file = open("/dev/null", O_RDWR)
        let datagram = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        for descriptor in [file, datagram] {
            #expect(await code { try await loopback.daemon.serve(connectedSocket: descriptor) } == .misuse)
            #expect(throws: LanternError.self) {
                try loopback.client.dynamicProxy(object: "counter", connectedSocket: descriptor)
            }
            #expect(fcntl(descriptor, F_GETFD) != -1)
            close(descriptor)
        }
        #expect(await code { try await loopback.daemon.serve(connectedSocket: -1) } == .misuse)
        await loopback.close()
    }

    @Test("a daemon that shuts down takes no more, and closes those it has")
    func shutdown() async throws {
        let loopback = try await Loopback { $0.listen = .nowhere }
        let running = Task { try await loopback.daemon.run() }
        let (near, far) = try pair()
        try await loopback.daemon.serve(connectedSocket: far)
        let proxy = try loopback.client.dynamicProxy(object: "counter", connectedSocket: near)
        #expect(try await proxy.call("add", 2) == 2)
        await loopback.daemon.shutdown()
        try await running.value
        let (_, late) = try pair()
        #expect(await code { try await loopback.daemon.serve(connectedSocket: late) } == .shuttingDown)
        #expect(await code { try await proxy.call("add", 2) } != nil)
    }

    private func code(_ body: () async throws -> some Sendable) async -> LanternError.Code? {
        do { _ = try await body() } catch { return (error as? LanternError)?.code ?? .misuse }
        return nil
    }
}
