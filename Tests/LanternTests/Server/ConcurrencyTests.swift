import Dispatch
import Lantern
import LanternValue
import LanternWire
import Synchronization
import Testing

/// Many calls under way, and what bounds them.
@Suite(.timeLimit(.minutes(2)))
struct ConcurrencyTests {
    private func lab(_ loopback: Loopback, _ methods: [String: Lab.Method]) async throws -> String {
        try await loopback.daemon.register(dynamic: Lab(methods), id: "lab").description
    }

    private static func number(_ arguments: DynamicArguments) -> Int {
        arguments.positional.first?.intValue ?? 0
    }

    @Test("five hundred calls on one connection, each waiting for the one after it")
    func anyOrder() async throws {
        let loopback = try await Loopback {
            $0.limits.handlersPerConnection = 600
        }
        let gate = loopback.gate
        let count = 500
        let uri = try await lab(
            loopback,
            [
                "wait": { arguments in
                    let number = Self.number(arguments)
                    if number + 1 < count { try await gate.wait("\(number + 1)") }
                    gate.open("\(number)")
                    return .value(.int(Int64(number)))
                }
            ])
        let proxy = try loopback.client.dynamicProxy(uri)
        try await withThrowingTaskGroup { group in
            for number in 0..<count {
                group.addTask {
                    let answer = try await proxy.call("wait", .int(Int64(number)))
                    #expect(answer == .int(Int64(number)))
                }
            }
            try await group.waitForAll()
        }
        await loopback.close()
    }

    @Test("one connection never has more handlers running than its limit, and all calls are answered")
    func perConnection() async throws {
        let loopback = try await Loopback { $0.limits.handlersPerConnection = 3 }
        let meter = Meter()
        let gate = loopback.gate
        let uri = try await lab(
            loopback,
            [
                "work": { _ in
                    if meter.enter() == 3 { gate.open("full") }
                    defer { meter.leave() }
                    try await gate.wait("go")
                    return .value(.none)
                }
            ])
        let proxy = try loopback.client.dynamicProxy(uri)
        try await withThrowingTaskGroup { group in
            for _ in 0..<40 { group.addTask { _ = try await proxy.call("work") } }
            try await gate.wait("full")
            // Another connection is not held up by it.
            #expect(try await loopback.dynamic().call("add", 1) == 1)
            gate.open("go")
            try await group.waitForAll()
        }
        #expect(meter.most == 3)
        #expect(meter.total == 40)
        await loopback.close()
    }

    @Test("G7: the daemon never has more handlers running than its limit, and every connection has its turn")
    func perDaemon() async throws {
        let loopback = try await Loopback { $0.limits.handlers = 2 }
        let meter = Meter()
        let gate = loopback.gate
        let uri = try await lab(
            loopback,
            [
                "work": { _ in
                    if meter.enter() == 2 { gate.open("full") }
                    defer { meter.leave() }
                    try await gate.wait("go")
                    return .value(.none)
                }
            ])
        let proxies = try (0..<5).map { _ in try loopback.client.dynamicProxy(uri) }
        try await withThrowingTaskGroup { group in
            for proxy in proxies {
                for _ in 0..<10 { group.addTask { _ = try await proxy.call("work") } }
            }
            try await gate.wait("full")
            gate.open("go")
            try await group.waitForAll()
        }
        #expect(meter.most == 2)
        #expect(meter.total == 50)
        await loopback.close()
    }

    @Test("a connection that ends while it waits for a place leaves the place to others")
    func waitingConnectionEnds() async throws {
        let loopback = try await Loopback { $0.limits.handlers = 1 }
        let gate = loopback.gate
        let holder = try loopback.counter()
        let holding = Task { try await holder.wait() }
        try await gate.wait("waiting")
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("add", [1]))
        await peer.close()
        holding.cancel()
        _ = await holding.result
        for expected in 1...3 {
            let total = try await loopback.dynamic().call("add", 1).intValue ?? 0
            #expect(total >= expected)
        }
        await loopback.close()
    }

    @Test("a cancellation behind calls that wait for room is read, and makes room")
    func cancellationBehindTheLimit() async throws {
        let loopback = try await Loopback { $0.limits.handlersPerConnection = 1 }
        let counter = try loopback.counter()
        let first = Task { try await counter.wait() }
        try await loopback.gate.wait("waiting")
        let second = Task { try await counter.add(1) }
        let third = Task { try await counter.add(1) }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        try await loopback.gate.wait("cancelled")
        #expect(try await second.value + third.value == 3)
        await loopback.close()
    }

    @Test("G1: a handler that blocks its thread does not hold up another connection")
    func blocking() async throws {
        let loopback = try await Loopback()
        let semaphore = DispatchSemaphore(value: 0)
        let running = Mutex(0)
        let gate = loopback.gate
        let uri = try await lab(
            loopback,
            [
                "block": { _ in
                    let number = running.withLock { running in
                        running += 1
                        return running
                    }
                    if number == Self.many { gate.open("blocking") }
                    Self.block(semaphore)
                    return .value(.none)
                }
            ])
        let blocked = try loopback.client.dynamicProxy(uri)
        let tasks = (0..<Self.many).map { _ in Task { try await blocked.call("block") } }
        try await gate.wait("blocking")
        for number in 1...5 { #expect(try await loopback.dynamic().call("add", 1) == .int(Int64(number))) }
        // The same connection goes on too, between Lantern peers.
        let counter = DynamicProxy(blocked.remote)
        #expect(try await counter.attribute("colour") == "value of colour")
        for _ in tasks { semaphore.signal() }
        for task in tasks { _ = try await task.value }
        await loopback.close()
    }

    /// More than there are cores.
    private static let many = 24

    private static func block(_ semaphore: DispatchSemaphore) { semaphore.wait() }

    @Test("G2: objects on the loop are served, also when they suspend")
    func onLoop() async throws {
        let loopback = try await Loopback(options: ObjectOptions(execution: .onLoop))
        let counter = try loopback.counter()
        let waiting = Task { try await counter.wait() }
        try await loopback.gate.wait("waiting")
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 { group.addTask { _ = try await counter.add(1) } }
            try await group.waitForAll()
        }
        #expect(try await counter.total == 100)
        await #expect(throws: RemoteError.self) { try await counter.fail(with: "broken") }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await loopback.close()
    }

    @Test("A9 G8: a Pyro peer's calls are run one after the other, its one-way calls beside them")
    func pyroOrder() async throws {
        let loopback = try await Loopback()
        let meter = Meter()
        let gate = loopback.gate
        _ = try await lab(
            loopback,
            [
                "work": { arguments in
                    meter.enter()
                    defer { meter.leave() }
                    if Self.number(arguments) == 1 { try await gate.wait("go") }
                    return .value(.int(Int64(Self.number(arguments))))
                },
                "open": { _ in
                    gate.open("go")
                    return .value(.none)
                },
            ])
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(
            RawEnd.call("open", object: "lab", sequence: 9, flags: .oneway),
            RawEnd.call("work", [1], object: "lab", sequence: 1),
            RawEnd.call("work", [2], object: "lab", sequence: 2),
            RawEnd.call("work", [3], object: "lab", sequence: 3))
        for number: UInt16 in 1...3 {
            let answer = try #require(await peer.next())
            #expect(answer.sequence == number)
            #expect(try answer.value() == .int(Int64(number)))
        }
        #expect(meter.most == 1)
        await peer.close()
        await loopback.close()
    }
}
