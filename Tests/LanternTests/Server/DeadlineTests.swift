import Lantern
import LanternValue
import LanternWire
import Synchronization
import Testing

/// Time limits and cancellation, from the caller to the handler.
@Suite(.timeLimit(.minutes(2)))
struct DeadlineTests {
    @Test("every time limit is finite unless a user says otherwise")
    func finite() {
        let options = ProxyOptions()
        #expect(options.timeout == .seconds(30))
        #expect(options.connectTimeout == .seconds(10))
        #expect(options.retries == 0)
        let limits = DaemonLimits()
        #expect(limits.handshakeTimeout == .seconds(10))
        #expect(limits.callTimeout == .seconds(3_600))
        #expect(limits.drainTimeout == .seconds(10))
    }

    @Test("a timeout ends the call at both ends, and the connection goes on")
    func timeout() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter()
        #expect(try await counter.add(1) == 1)
        let error = await #expect(throws: LanternError.self) {
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .milliseconds(100))) {
                try await counter.wait()
            }
        }
        #expect(error?.code == .timeout)
        try await loopback.gate.wait("cancelled")
        #expect(try await counter.add(1) == 2)
        await loopback.close()
    }

    @Test("a deadline nearer than the ones before it is kept by the server itself")
    func serverKeepsTheNearest() async throws {
        let loopback = try await Loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate(asLantern: true)
        // The first call has an hour, the second a moment; the client says nothing more.
        var soon = try RawEnd.call("wait", sequence: 2)
        soon.deadline = CallDeadline(.milliseconds(50))
        try await peer.send(RawEnd.call("wait", sequence: 1), soon)
        let answer = try #require(await peer.next())
        #expect(answer.sequence == 2)
        #expect(try answer.exception().className == "Pyro5.errors.TimeoutError")
        await peer.close()
        await loopback.close()
    }

    @Test("the daemon's own limit ends calls that name no deadline")
    func daemonLimit() async throws {
        let loopback = try await Loopback { $0.limits.callTimeout = .milliseconds(50) }
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("wait"))
        #expect(try #require(await peer.next()).exception().className == "Pyro5.errors.TimeoutError")
        await peer.close()
        await loopback.close()
    }

    @Test("a handler can see when its caller stops waiting, and that a Pyro peer did not say")
    func visible() async throws {
        let loopback = try await Loopback()
        let seen = Mutex<[Duration?]>([])
        try await loopback.daemon.register(
            dynamic: Lab([
                "look": { _ in
                    seen.withLock {
                        $0.append(CallContext.current?.deadline.map { ContinuousClock.now.duration(to: $0) })
                    }
                    return .value(.none)
                }
            ]), id: "lab")
        let proxy = try loopback.client.dynamicProxy("PYRO:lab@\(loopback.daemon.location)")
        try await ProxyOptions.$current.withValue(CallOptions(timeout: .seconds(20))) {
            _ = try await proxy.call("look")
        }
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("look", object: "lab"))
        _ = await peer.next()
        let (first, second) = seen.withLock { ($0.first ?? nil, $0.last ?? nil) }
        #expect(first.map { $0 > .seconds(1) && $0 <= .seconds(20.1) } == true)
        #expect(second == nil)
        await peer.close()
        await loopback.close()
    }

    @Test("cancelling the calling task cancels the handler")
    func cancellation() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter()
        let task = Task { try await counter.wait() }
        try await loopback.gate.wait("waiting")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await loopback.gate.wait("cancelled")
        #expect(try await counter.add(1) == 1)
        await loopback.close()
    }

    @Test("a task that is cancelled already sends nothing, again and again")
    func cancelledBefore() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter()
        #expect(try await counter.add(1) == 1)
        for _ in 0..<200 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await counter.add(1)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(try await counter.total == 1)
        await loopback.close()
    }

    @Test("calls that are cancelled at any moment end once and leave the connection sound")
    func cancelledAnyTime() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter()
        let tasks = (0..<300).map { _ in Task { try await counter.add(1) } }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        _ = try await counter.add(1)
        await loopback.close()
    }

    @Test("a connection that ends cancels its calls, but not its one-way calls")
    func connectionEnds() async throws {
        let loopback = try await Loopback()
        let gate = loopback.gate
        try await loopback.daemon.register(
            dynamic: Lab([
                "work": { _ in
                    gate.open("working")
                    try await gate.wait("go")
                    gate.open("done")
                    return .value(.none)
                }
            ]), id: "lab")
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(
            RawEnd.call("work", object: "lab", flags: .oneway), RawEnd.call("wait", sequence: 2))
        try await gate.wait("working")
        try await gate.wait("waiting")
        await peer.close()
        try await gate.wait("cancelled")
        gate.open("go")
        try await gate.wait("done")
        await loopback.close()
    }
}
