import LanternTrust
import LanternValue
import Synchronization
import Testing

@testable import Lantern

/// Starting and ending daemons in other ways than `run`.
@Suite(.timeLimit(.minutes(2)))
struct ServingTests {
    struct NotToday: Error {}

    @Test("C7 shutdown inside a method: the answer goes out, and the daemon ends without delay")
    func shutdownInside() async throws {
        let loopback = try await Loopback { $0.limits.drainTimeout = .seconds(50) }
        let daemon = loopback.daemon
        try await daemon.register(
            dynamic: Lab([
                "stop": { [weak daemon] _ in
                    await daemon?.shutdown()
                    return .value("stopping")
                }
            ]), id: "lab")
        let running = Task { try await daemon.run() }
        let proxy = try loopback.client.dynamicProxy("PYRO:lab@\(daemon.location)")
        let start = ContinuousClock.now
        #expect(try await proxy.call("stop") == "stopping")
        try await running.value
        #expect(start.duration(to: .now) < .seconds(30))
        await #expect(throws: LanternError.self) { try await loopback.dynamic().call("add", 1) }
    }

    @Test("C7 a Pyro peer that stops the daemon gets its answer too")
    func shutdownByPyroPeer() async throws {
        let loopback = try await Loopback { $0.limits.drainTimeout = .seconds(50) }
        let daemon = loopback.daemon
        try await daemon.register(
            dynamic: Lab([
                "stop": { [weak daemon] _ in
                    await daemon?.shutdown()
                    return .value("stopping")
                }
            ]), id: "lab")
        let peer = try await RawEnd.connect(loopback.caller, port: daemon.port)
        try await peer.authenticate(object: "lab")
        try await peer.send(RawEnd.call("stop", object: "lab"))
        #expect(try #require(await peer.next()).value() == "stopping")
        #expect(await peer.rest().isEmpty)
        await daemon.shutdown()
    }

    @Test("C7 a method may start and run another daemon")
    func runInside() async throws {
        let loopback = try await Loopback()
        let server = loopback.server
        let gate = loopback.gate
        try await loopback.daemon.register(
            dynamic: Lab([
                "nested": { _ in
                    let inner = try await Daemon(settings: server)
                    let running = Task { try await inner.run() }
                    await inner.shutdown()
                    try await running.value
                    gate.open("ran")
                    return .value("ran")
                }
            ]), id: "lab")
        let proxy = try loopback.client.dynamicProxy("PYRO:lab@\(loopback.daemon.location)")
        #expect(try await proxy.call("nested") == "ran")
        await loopback.close()
    }

    @Test("C8 one call makes a daemon, registers several objects and serves until it is cancelled")
    func serve() async throws {
        let loopback = try await Loopback()
        let uris = Mutex<[String]>([])
        let gate = Gate()
        let server = loopback.server
        let serving = Task {
            try await Daemon.serve(settings: server, untilTerminated: false) { daemon in
                for number in 1...2 {
                    let uri = try await daemon.register(
                        dynamic: Lab(["who": { _ in .value(.int(Int64(number))) }]), id: "lab\(number)")
                    uris.withLock { $0.append(uri.description) }
                }
                gate.open("registered")
            }
        }
        try await gate.wait("registered")
        for (index, uri) in uris.withLock({ $0 }).enumerated() {
            let who = try await loopback.client.dynamicProxy(uri).call("who")
            #expect(who == .int(Int64(index + 1)))
        }
        serving.cancel()
        try await serving.value
        await loopback.close()
    }

    @Test("C8 when registering fails the daemon goes, and the error comes out")
    func serveFails() async throws {
        let loopback = try await Loopback()
        let port = Mutex(0)
        await #expect(throws: NotToday.self) {
            try await Daemon.serve(settings: loopback.server, untilTerminated: false) { daemon in
                port.withLock { $0 = daemon.port }
                throw NotToday()
            }
        }
        let uri = "PYRO:lab@127.0.0.1:\(port.withLock { $0 })"
        await #expect(throws: LanternError.self) { try await loopback.client.dynamicProxy(uri).call("x") }
        await loopback.close()
    }
}
