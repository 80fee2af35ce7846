import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import NIOPosix
import Testing

/// Proxies towards a daemon that does as it should.
@Suite(.timeLimit(.minutes(2)))
struct ProxyTests {
    @Test("a proxy outlives its daemon: when another one listens there, the next call reaches it")
    func restart() async throws {
        let loopback = try await Loopback()
        let options = ProxyOptions(timeout: .seconds(20), retries: 50)
        let proxy = try loopback.dynamic(options)
        #expect(try await proxy.call("add", 1) == 1)
        let port = loopback.daemon.port
        for round in 1...2 {
            await (round == 1 ? loopback.daemon.shutdown() : ())
            var settings = loopback.server
            settings.listen.port = port
            let daemon = try await Daemon(settings: settings)
            try await daemon.register(CounterService(), as: (any Counter).self, id: "counter")
            #expect(try await proxy.call("add", 5) == 5)
            #expect(try await proxy.call("add", 5) == 10)
            await daemon.shutdown()
        }
        let short = CallOptions(timeout: .milliseconds(300), retries: 1_000)
        let error = await #expect(throws: LanternError.self) {
            try await ProxyOptions.$current.withValue(short) { try await proxy.call("add", 1) }
        }
        #expect(error.map { [.connectFailed, .timeout].contains($0.code) } == true)
    }

    @Test("nobody listening is an error that names the address, at once and every time")
    func nobody() async throws {
        let loopback = try await Loopback()
        let uri = loopback.uri
        await loopback.daemon.shutdown()
        let proxy = try loopback.client.dynamicProxy(uri)
        for _ in 0..<3 {
            let error = await #expect(throws: LanternError.self) { try await proxy.call("add", 1) }
            #expect(error?.code == .connectFailed)
            #expect(error?.detail.contains("127.0.0.1") == true)
        }
    }

    @Test("a server that never speaks is given up within the connect timeout")
    func neverSpeaks() async throws {
        let loopback = try await Loopback()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        var options = ProxyOptions()
        options.connectTimeout = .milliseconds(500)
        let port = try #require(listener.localAddress?.port)
        let proxy = try loopback.client.dynamicProxy("PYRO:counter@127.0.0.1:\(port)", options: options)
        let error = await #expect(throws: LanternError.self) { try await proxy.call("add", 1) }
        // On a machine with much to do the time may be over before the socket is open.
        #expect(error.map { [.timeout, .connectFailed].contains($0.code) } == true)
        try await listener.close().get()
        await loopback.close()
    }

    @Test("A3: a proxy that was closed connects again")
    func closeAndCall() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        for expected in 1...3 {
            #expect(try await proxy.call("add", 1) == .int(Int64(expected)))
            proxy.remote.close()
        }
        await loopback.close()
    }

    @Test("A17 K1 K2: any number of tasks share one proxy and one connection")
    func shared() async throws {
        let loopback = try await Loopback { $0.limits.connections = 1 }
        let counter = try loopback.counter()
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 { group.addTask { _ = try await counter.add(1) } }
            try await group.waitForAll()
        }
        #expect(try await counter.total == 200)
        await loopback.close()
    }

    @Test("a dropped proxy gives its connection back")
    func dropped() async throws {
        let loopback = try await Loopback { $0.limits.connections = 1 }
        for expected in 1...3 {
            // The next one is refused until the server has seen the end of the one before.
            let proxy = try loopback.client.dynamicProxy(loopback.uri, options: ProxyOptions(retries: 20))
            #expect(try await proxy.call("add", 1) == .int(Int64(expected)))
        }
        await loopback.close()
    }

    @Test(
        "Pyro's generations are both spoken", arguments: [PyroGeneration.pyro4, .pyro5],
        SerializerFormat.allCases)
    func generations(generation: PyroGeneration, format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter(ProxyOptions(serializer: format, generation: generation))
        #expect(try await counter.add(1) == 1)
        #expect(try await counter.total == 1)
        let error = await #expect(throws: RemoteError.self) { try await counter.fail(with: "lamp") }
        #expect(error?.type == "builtins.KeyError")
        await loopback.close()
    }

    @Test("both kinds of handshake key open the door", arguments: HandshakeAlgorithm.allCases)
    func keys(algorithm: HandshakeAlgorithm) async throws {
        let loopback = try await Loopback(algorithm: algorithm)
        #expect(try await loopback.counter().whoCalls() == "spiffe://lantern.test/client")
        let peer = try await loopback.dynamic().remote.peer()
        #expect(peer.identity.description == "spiffe://lantern.test/server")
        await loopback.close()
    }

    @Test("addresses that are none are refused before anything is sent")
    func badURIs() async throws {
        let loopback = try await Loopback()
        for uri in [
            "", "counter", "PYRO:", "PYRO:counter", "PYRO:counter@", "HTTP:counter@localhost:1",
            "PYRO:a@b:99999",
        ] {
            #expect(throws: (any Error).self) { try loopback.client.dynamicProxy(uri) }
        }
        let unix = try loopback.client.dynamicProxy("PYRO:counter@./u:/tmp/none")
        let error = await #expect(throws: LanternError.self) { try await unix.call("add", 1) }
        #expect(error?.code == .notSupported)
        await loopback.close()
    }

    @Test("arguments by name, in any order, and the errors of a wrong call")
    func keywords() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        #expect(try await proxy.call("describe", keywords: ["times": 2, "name": "lamp"]) == "lamp x2")
        #expect(try await proxy.call("describe", "lamp", keywords: ["times": 3]) == "lamp x3")
        let wrong: [([Value], [(String, Value)])] = [
            ([], []), (["lamp"], []), (["lamp", 1, 2], []), (["lamp", 1], [("name", "again")]),
            (["lamp", 1], [("colour", "red")]), ([5, 1], []), (["lamp", "many"], []),
        ]
        for (positional, keywords) in wrong {
            let error = await #expect(throws: RemoteError.self) {
                try await proxy.call("describe", arguments: positional, keywords: keywords)
            }
            #expect(error?.type == "builtins.TypeError" || error?.type == "builtins.ValueError")
        }
        await loopback.close()
    }

    @Test("tasks may run on the connection's own thread")
    func executor() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        let executor = try await proxy.remote.executor()
        try await withTaskExecutorPreference(executor) {
            for number in 1...20 {
                let total = try await proxy.call("add", 1)
                #expect(total == .int(Int64(number)))
            }
        }
        await loopback.close()
    }
}
