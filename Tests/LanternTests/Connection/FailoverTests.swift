import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Lantern

/// The order in which instances are tried.
struct RouteTests {
    private let now = ContinuousClock.now

    private func uri(_ port: Int) throws -> PyroURI { try PyroURI("PYRO:o@127.0.0.1:\(port)") }

    @Test("as given, those that failed lately behind the others, the longest ago first")
    func order() throws {
        let uris = try (1...5).map { try uri($0) }
        let failures = [
            uris[0]: now.advanced(by: .seconds(-1)), uris[2]: now.advanced(by: .seconds(-20)),
            uris[4]: now.advanced(by: .seconds(-31)),
        ]
        let order = Route.order(uris, failures: failures, now: now)
        #expect(order == [uris[1], uris[3], uris[4], uris[2], uris[0]])
        #expect(Route.order(uris, failures: [:], now: now) == uris)
        #expect(Route.order([], failures: failures, now: now).isEmpty)
    }

    @Test("one failure is told as it is, several with all their reasons and the code that they share")
    func errors() throws {
        let lost = LanternError(.connectionLost, "gone")
        let refused = LanternError(.authenticationFailed, "not you")
        let one = Route.error([(try uri(1), refused)]) as? LanternError
        #expect(one?.code == .authenticationFailed)
        let same = Route.error([(try uri(1), refused), (try uri(2), refused)]) as? LanternError
        #expect(same?.code == .authenticationFailed)
        let mixed = Route.error([(try uri(1), lost), (try uri(2), refused)]) as? LanternError
        #expect(mixed?.code == .connectFailed)
        #expect(mixed?.detail.contains("127.0.0.1:1") == true)
        #expect(mixed?.detail.contains("not you") == true)
        #expect((Route.error([]) as? LanternError)?.code == .timeout)
    }
}

/// Proxies over several instances.
@Suite(.timeLimit(.minutes(2)))
struct FailoverTests {
    /// Daemons of one identity that each know who they are.
    private struct Instances {
        let loopback: Loopback
        var daemons: [Daemon] = []
        var uris: [String] = []

        init(_ count: Int) async throws {
            loopback = try await Loopback()
            for number in 0..<count {
                let daemon = try await Daemon(settings: loopback.server)
                let gate = loopback.gate
                let uri = try await daemon.register(
                    dynamic: Lab([
                        "who": { _ in .value(.int(Int64(number))) },
                        "hang": { _ in
                            gate.open("hanging")
                            try await gate.wait("never")
                            return .value(.int(Int64(number)))
                        },
                    ]), id: "lab")
                daemons.append(daemon)
                uris.append(uri.description)
            }
        }

        func close() async {
            for daemon in daemons { await daemon.shutdown() }
            await loopback.close()
        }
    }

    private func unusedPort() async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close().get()
        return port
    }

    @Test("the first address that answers is used; dead ones are skipped")
    func skipsDead() async throws {
        let instances = try await Instances(2)
        let dead = "PYRO:lab@127.0.0.1:\(try await unusedPort())"
        let proxy = try instances.loopback.client.dynamicProxy(anyOf: [dead] + instances.uris)
        #expect(try await proxy.call("who") == 0)
        await instances.daemons[0].shutdown()
        #expect(try await proxy.call("who") == 1)
        #expect(proxy.remote.uri.description == dead)
        await instances.close()
    }

    @Test("an instance that says nothing leaves time for the others")
    func skipsSilent() async throws {
        let instances = try await Instances(1)
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(silent.localAddress?.port)
        var options = ProxyOptions()
        options.connectTimeout = .seconds(20)
        let proxy = try instances.loopback.client.dynamicProxy(
            anyOf: ["PYRO:lab@127.0.0.1:\(port)", instances.uris[0]], options: options)
        #expect(try await proxy.call("who") == 0)
        try await silent.close().get()
        await instances.close()
    }

    @Test("an instance that is somebody else is skipped, and is an error when it is the only one")
    func skipsWrongIdentity() async throws {
        let instances = try await Instances(1)
        let other = try await Loopback()
        let uris = [other.uri, instances.uris[0]]
        let proxy = try instances.loopback.client.dynamicProxy(anyOf: uris)
        #expect(try await proxy.call("who") == 0)
        let alone = try instances.loopback.client.dynamicProxy(anyOf: [other.uri])
        let error = await #expect(throws: LanternError.self) { try await alone.call("who") }
        #expect(error?.code == .authenticationFailed)
        await other.close()
        await instances.close()
    }

    @Test("an instance that has no such object any more, or no room, is skipped")
    func skipsRefusals() async throws {
        let instances = try await Instances(2)
        try await instances.daemons[0].unregister("lab")
        let proxy = try instances.loopback.client.dynamicProxy(anyOf: instances.uris)
        #expect(try await proxy.call("who") == 1)
        await instances.close()
    }

    @Test("when none answers the error names them all")
    func allDead() async throws {
        let loopback = try await Loopback()
        let uris = ["PYRO:lab@127.0.0.1:\(try await unusedPort())", "PYRO:lab@./u:/tmp/l-no-such-socket"]
        let proxy = try loopback.client.dynamicProxy(anyOf: uris)
        let error = await #expect(throws: LanternError.self) { try await proxy.call("who") }
        #expect(error?.code == .connectFailed)
        for uri in uris { #expect(error?.detail.contains(uri) == true) }
        await loopback.close()
    }

    @Test("F5 a call under way when its instance goes is repeated elsewhere only when that was allowed")
    func underWay() async throws {
        for retries in [0, 1] {
            let instances = try await Instances(2)
            let silent = try await Relay(to: instances.daemons[0].port)
            let uris = ["PYRO:lab@127.0.0.1:\(silent.port)", instances.uris[1]]
            let proxy = try instances.loopback.client.dynamicProxy(
                anyOf: uris, options: ProxyOptions(retries: retries))
            #expect(try await proxy.call("who") == 0)
            let call = Task { try await proxy.call("hang") }
            try await instances.loopback.gate.wait("hanging")
            // Its end is abrupt: the daemon gives up its connections.
            await instances.daemons[0].abort()
            if retries == 0 {
                let error = await #expect(throws: LanternError.self) { try await call.value }
                #expect(error?.code == .connectionLost)
                #expect(try await proxy.call("who") == 1)
            } else {
                instances.loopback.gate.open("never")
                #expect(try await call.value == 1)
            }
            await silent.close()
            await instances.close()
        }
    }

    @Test("PYROMETA: any of the matches, asked for again at each connection, dead ones skipped")
    func tags() async throws {
        let instances = try await Instances(3)
        let dead = "PYRO:lab@127.0.0.1:\(try await unusedPort())"
        let registered = Mutex([dead] + instances.uris)
        let asked = Meter()
        try await instances.loopback.daemon.register(
            dynamic: Lab([
                "yplookup": { _ in
                    asked.enter()
                    let entries = registered.withLock { $0 }.enumerated().map { number, uri in
                        ValuePair(.text("n\(number)"), .tuple([.text(uri), .list(["x"])]))
                    }
                    return .value(.map(entries))
                }
            ]), id: "Pyro.NameServer")
        let place = instances.loopback.daemon.location
        var seen: Set<Int> = []
        for _ in 0..<60 where seen.count < 3 {
            let proxy = try instances.loopback.client.dynamicProxy("PYROMETA:x@\(place)")
            seen.insert(try await proxy.call("who").intValue ?? -1)
        }
        #expect(seen == [0, 1, 2])
        let proxy = try instances.loopback.client.dynamicProxy("PYROMETA:x@\(place)")
        _ = try await proxy.call("who")
        registered.withLock { $0 = [dead, instances.uris[2]] }
        proxy.remote.close()
        let before = asked.total
        #expect(try await proxy.call("who") == 2)
        #expect(asked.total == before + 1)
        registered.withLock { $0 = [] }
        proxy.remote.close()
        let error = await #expect(throws: LanternError.self) { try await proxy.call("who") }
        #expect(error?.code == .notFound)
        await instances.close()
    }

    @Test("a name that stands for another name is refused")
    func nestedName() async throws {
        let loopback = try await Loopback()
        try await loopback.daemon.register(
            dynamic: Lab(["lookup": { _ in .value("PYRONAME:other@127.0.0.1:9") }]), id: "Pyro.NameServer")
        let proxy = try loopback.client.dynamicProxy("PYRONAME:x@\(loopback.daemon.location)")
        let error = await #expect(throws: LanternError.self) { try await proxy.call("who") }
        #expect(error?.code == .notSupported)
        await loopback.close()
    }

    @Test("none and too many addresses are refused at once, as is one that is wrong")
    func badLists() async throws {
        let loopback = try await Loopback()
        let uri = loopback.uri
        for uris in [[], Array(repeating: uri, count: 257), [uri, "PYRO:counter"]] {
            #expect(throws: (any Error).self) { try loopback.client.dynamicProxy(anyOf: uris) }
        }
        let most = try loopback.client.dynamicProxy(anyOf: Array(repeating: uri, count: 256))
        #expect(try await most.call("add", 1) == 1)
        let typed = try loopback.client.proxy((any Counter).self, anyOf: [uri])
        #expect(try await typed.add(1) == 2)
        await loopback.close()
    }

    @Test("an outage is not amplified: retries end with the budget, whatever the proxies allow")
    func budget() async throws {
        let loopback = try await Loopback()
        let server = try await Relay(to: try await unusedPort())
        var settings = loopback.caller
        settings.retryBudget = RetryBudgetSettings(share: 0.2, floor: 3)
        let client = try Client(settings: settings)
        let options = ProxyOptions(timeout: .seconds(60), retries: 100)
        let port = server.port
        // Each proxy has a connection to make and 100 retries.
        for _ in 0..<10 {
            let proxy = try client.dynamicProxy("PYRO:lab@127.0.0.1:\(port)", options: options)
            await #expect(throws: LanternError.self) { try await proxy.call("who") }
        }
        let tries = server.count.total
        #expect(tries >= 13)
        // Ten first tries, three of the floor, two that the calls earned, and what some seconds bring back.
        #expect(tries < 40)
        await server.close()
        await loopback.close()
    }
}

extension Daemon {
    /// Ends without a word, as when the process dies: nothing is waited for.
    func abort() async { await listener.drain(within: .zero) }
}
