import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Pushed streams over a connection: results, arguments, both.
@Suite(.timeLimit(.minutes(2)))
struct PushedCallTests {
    private static func options(
        _ format: SerializerFormat = .msgpack, items: Int = 16_384, bytes: Int = 1 << 20
    ) -> ProxyOptions {
        var options = ProxyOptions(serializer: format)
        options.streamLimits.windowItems = items
        options.streamLimits.windowBytes = bytes
        return options
    }

    @Test(
        "A12 streams as results arrive whole, whatever the window",
        arguments: SerializerFormat.allCases, [(16_384, 1 << 20), (1, 1), (7, 64)])
    func results(format: SerializerFormat, window: (Int, Int)) async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed(Self.options(format, items: window.0, bytes: window.1))
        var next = 0
        for try await number in try await feed.numbers(upTo: 500) {
            #expect(number == next)
            next += 1
        }
        #expect(next == 500)
        for try await _ in try await feed.numbers(upTo: 0) { Issue.record("an item of none") }
        var points: [Point] = []
        for try await point in try await feed.points(20) { points.append(point) }
        #expect(points.map(\.x) == Array(0..<20))
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }

    @Test("streams as arguments arrive whole, whatever the window", arguments: SerializerFormat.allCases)
    func arguments(format: SerializerFormat) async throws {
        for window in [(16_384, 1 << 20), (1, 1), (7, 64)] {
            let loopback = try await Loopback {
                $0.limits.pushedStreams.windowItems = window.0
                $0.limits.pushedStreams.windowBytes = window.1
            }
            let (feed, _) = try await loopback.feed(Self.options(format))
            #expect(try await feed.sum(RemoteStream(1...500)) == 125_250)
            #expect(try await feed.sum(RemoteStream([Int]())) == 0)
            let points = RemoteStream([Point(x: 1, y: 0.5, label: nil), Point(x: 2, y: 0.5, label: nil)])
            #expect(try await feed.total(of: points, and: RemoteStream([10, 20]), times: 2) == 68)
            let (numbers, continuation) = AsyncStream.makeStream(of: Int.self)
            for number in 1...10 { continuation.yield(number) }
            continuation.finish()
            #expect(try await feed.sum(RemoteStream(numbers)) == 55)
            await loopback.close()
        }
    }

    @Test(
        "a stream goes in and another comes out while it does",
        arguments: [ObjectOptions.Execution.onLoop, .concurrent])
    func bothWays(execution: ObjectOptions.Execution) async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed(Self.options(items: 10), execution: execution)
        let (numbers, continuation) = AsyncStream.makeStream(of: Int.self)
        var doubled = try await feed.doubled(RemoteStream(numbers)).makeAsyncIterator()
        for number in 1...50 {
            continuation.yield(number)
            #expect(try await doubled.next() == number * 2)
        }
        continuation.finish()
        #expect(try await doubled.next() == nil)
        var same: [Int] = []
        for try await number in try await feed.sameAgain(RemoteStream(1...1_000)) { same.append(number) }
        #expect(same == Array(1...1_000))
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }

    @Test(
        "many streams at once share a connection", arguments: [ObjectOptions.Execution.onLoop, .concurrent])
    func manyAtOnce(execution: ObjectOptions.Execution) async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed(Self.options(items: 50), execution: execution)
        let sums = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    var sum = 0
                    for try await number in try await feed.numbers(upTo: 1_000) { sum += number }
                    return sum
                }
                group.addTask { try await feed.sum(RemoteStream(0..<1_000)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums == Array(repeating: 499_500, count: 40))
        await loopback.close()
    }

    @Test("a typed error of the producer arrives as itself behind the items, in both directions")
    func errors() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed()
        var items: [Int] = []
        await #expect(throws: NothingLeft(item: "number")) {
            for try await item in try await feed.broken(after: 3) { items.append(item) }
        }
        #expect(items == [1, 2, 3])
        let counting = Counting()
        let broken = RemoteStream<Int>(unfolding: {
            guard counting.next() < 3 else { throw NothingLeft(item: "argument") }
            return 1
        })
        // The method does not catch it, so it comes back as the error of the call.
        await #expect(throws: NothingLeft(item: "argument")) { _ = try await feed.sum(broken) }
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }

    @Test("a slow reader stops the producer when its credit is used", arguments: [1, 5, 100])
    func backpressure(window: Int) async throws {
        let loopback = try await Loopback()
        let (feed, service) = try await loopback.feed(Self.options(items: window))
        var iterator = try await feed.endless().makeAsyncIterator()
        #expect(service.made.count == 0, "nothing is made before somebody reads")
        #expect(try await iterator.next() == 1)
        try await loopback.gate.wait("\(window)")
        for _ in 0..<50 { _ = try await loopback.dynamic().call("add", 1) }
        #expect(service.made.count == window)
        for number in 2...window * 3 + 2 { #expect(try await iterator.next() == number) }
        #expect(service.made.count <= window * 3 + 2 + window)
        await loopback.close()
    }

    @Test("a slow handler stops a client that streams to it")
    func backpressureOfArguments() async throws {
        let loopback = try await Loopback { $0.limits.pushedStreams.windowItems = 10 }
        let (feed, _) = try await loopback.feed(Self.options(items: 1))
        let (made, gate) = (Counting(), loopback.gate)
        let numbers = RemoteStream<Int>(unfolding: {
            let number = made.next()
            if number == 10 { gate.open("ten") }
            return number
        })
        var doubled = try await feed.doubled(numbers).makeAsyncIterator()
        for _ in 0..<50 { _ = try await loopback.dynamic().call("add", 1) }
        #expect(made.count == 0, "nobody reads the result, so nobody reads the argument")
        #expect(try await doubled.next() == 2)
        try await gate.wait("ten")
        for _ in 0..<50 { _ = try await loopback.dynamic().call("add", 1) }
        #expect(made.count == 10)
        #expect(try await feed.first(3, of: RemoteStream(1...1_000_000_000)) == [1, 2, 3])
        await loopback.close()
    }

    @Test("leaving the loop stops the producer", arguments: [ObjectOptions.Execution.onLoop, .concurrent])
    func leaving(execution: ObjectOptions.Execution) async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed(execution: execution)
        let stream = try await feed.endless()
        for try await number in stream where number > 5 { break }
        try await loopback.gate.wait("stopped")
        for try await _ in stream { Issue.record("an item after the end") }
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }

    @Test("a stream that is never read, and one that is taken for a value, are given back")
    func unread() async throws {
        let loopback = try await Loopback()
        let (feed, service) = try await loopback.feed()
        _ = try await feed.endless()
        #expect(try await loopback.hasNoStreams())
        let dynamic = try loopback.client.dynamicProxy("PYRO:feed@\(loopback.daemon.location)")
        let error = await #expect(throws: LanternError.self) { try await dynamic.call("endless") }
        #expect(error?.code == .misuse)
        try await dynamic.oneway("endless")
        #expect(try await loopback.hasNoStreams())
        #expect(service.made.count == 0)
        await loopback.close()
    }

    @Test("cancelling the reader's task stops a producer that waits for its items")
    func cancelled() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed()
        let reader = Task { for try await _ in try await feed.stuck() {} }
        try await loopback.gate.wait("asked")
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        try await loopback.gate.wait("stopped")
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }

    @Test("cancelling a call stops the stream that it sends")
    func cancelledCall() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed()
        let gate = loopback.gate
        let numbers = RemoteStream<Int>(unfolding: {
            gate.open("asked")
            do { try await gate.wait("never") } catch { gate.open("stopped") }
            return nil
        })
        let call = Task { try await feed.sum(numbers) }
        try await gate.wait("asked")
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        try await gate.wait("stopped")
        await loopback.close()
    }

    @Test("a handler that does not read, or leaves early, stops the client's producer")
    func handlerLeaves() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed()
        let made = Counting()
        let unread = RemoteStream<Int>(unfolding: { made.next() })
        #expect(try await feed.ignore(unread) == "ignored")
        #expect(made.count == 0)
        func ones() -> RemoteStream<Int> {
            let sentinel = Sentinel(loopback.gate, "stopped")
            return RemoteStream(unfolding: { withExtendedLifetime(sentinel) { 1 } })
        }
        #expect(try await feed.first(2, of: ones()) == [1, 1])
        try await loopback.gate.wait("stopped")
        await loopback.close()
    }

    @Test("the end of the connection stops producers on both sides, and readers are told")
    func connectionLost() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed()
        let gate = loopback.gate
        var iterator = try await feed.endless().makeAsyncIterator()
        _ = try await iterator.next()
        let numbers = RemoteStream<Int>(unfolding: {
            gate.open("asked")
            do { try await gate.wait("never") } catch { gate.open("argument stopped") }
            return nil
        })
        let call = Task { try await feed.sum(numbers) }
        try await gate.wait("asked")
        try #require(feed as? FeedStub).proxy.close()
        try await gate.wait("stopped")
        try await gate.wait("argument stopped")
        let lost = await #expect(throws: LanternError.self) { _ = try await call.value }
        #expect(lost?.code == .connectionLost)
        let error = await #expect(throws: LanternError.self) {
            while try await iterator.next() != nil {}
        }
        #expect(error?.code == .connectionLost)
        #expect(try await iterator.next() == nil)
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }

    @Test("a producer sees the call that it belongs to")
    func context() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed()
        for try await name in try await feed.caller() { #expect(name == "spiffe://lantern.test/client") }
        await loopback.close()
    }

    @Test("dynamic objects and proxies pass streams too", arguments: SerializerFormat.allCases)
    func dynamic(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let uri = try await loopback.daemon.register(
            dynamic: Lab([
                "join": { arguments in
                    var text = ""
                    for try await item in try arguments.stream(arguments.positional[1]) {
                        text += item.textValue ?? "?"
                    }
                    return .value(.text(text + (arguments.positional[0].textValue ?? "")))
                },
                "echo": { .stream(try $0.stream($0.positional[0])) },
                "twice": {
                    _ = try $0.stream($0.positional[0])
                    return .stream(try $0.stream($0.positional[0]))
                },
            ]), id: "lab")
        let lab = try loopback.client.dynamicProxy(uri.description, options: Self.options(format))
        let words = RemoteStream<Value>(["a", "b", "c"])
        guard
            case .value(let joined) = try await lab.callOrStream("join", with: [.value("!"), .stream(words)]),
            case .stream(let echoed) = try await lab.callOrStream("echo", with: [.stream(words)])
        else { Issue.record("the wrong kind of result"); return }
        #expect(joined == "abc!")
        var back: [Value] = []
        for try await word in echoed { back.append(word) }
        #expect(back == ["a", "b", "c"])
        let twice = await #expect(throws: RemoteError.self) {
            _ = try await lab.callOrStream("twice", with: [.stream(words)])
        }
        #expect(twice?.type == "builtins.TypeError")
        let none = await #expect(throws: RemoteError.self) { try await lab.call("echo", "no stream") }
        #expect(none?.type == "builtins.TypeError")
        let forged = await #expect(throws: RemoteError.self) {
            try await lab.call("echo", ["__class__": "lantern.ItemStream", "index": 0])
        }
        #expect(forged?.type == "builtins.TypeError")
        await loopback.close()
    }

    @Test("a contract's method refuses a value where a stream is to be")
    func wrongArgument() async throws {
        let loopback = try await Loopback()
        _ = try await loopback.feed()
        let dynamic = try loopback.client.dynamicProxy("PYRO:feed@\(loopback.daemon.location)")
        let error = await #expect(throws: RemoteError.self) { try await dynamic.call("ignore", [1, 2]) }
        #expect(error?.type == "builtins.TypeError")
        let missing = await #expect(throws: RemoteError.self) { try await dynamic.call("ignore") }
        #expect(missing?.type == "builtins.TypeError")
        await loopback.close()
    }

    @Test("where one side pulls, results are pulled and arguments refused")
    func pulledOnly() async throws {
        let loopback = try await Loopback()
        var options = ProxyOptions()
        options.streamDelivery = .pulled
        let (feed, _) = try await loopback.feed(options)
        var iterator = try await feed.numbers(upTo: 3).makeAsyncIterator()
        #expect(try await iterator.next() == 0)
        #expect(loopback.daemon.core.streams.count == 1)
        while try await iterator.next() != nil {}
        let error = await #expect(throws: LanternError.self) { _ = try await feed.sum(RemoteStream(1...3)) }
        #expect(error?.code == .notSupported)
        await loopback.close()
    }

    @Test("too many streams: of a connection, of an identity, of the daemon", arguments: [0, 1, 2])
    func limits(kind: Int) async throws {
        let loopback = try await Loopback {
            if kind == 0 { $0.limits.pushedStreams.perConnection = 2 }
            if kind == 1 { $0.limits.streamsPerIdentity = 2 }
            if kind == 2 { $0.limits.streams = 2 }
        }
        let (feed, _) = try await loopback.feed()
        var open = [try await feed.endless(), try await feed.endless()]
        let error = await #expect(throws: RemoteError.self) { _ = try await feed.endless() }
        #expect(error?.message.contains("too many open item streams") == true)
        #expect(try await feed.sum(RemoteStream(1...3)) == 6, "arguments are counted by themselves")
        open.removeLast()
        for _ in 0..<1_000 where loopback.daemon.core.streams.places.count > 1 {
            _ = try await loopback.dynamic().call("add", 1)
        }
        open.append(try await feed.endless())
        #expect(open.count == 2)
        await loopback.close()
    }

    @Test("too many streams as arguments: here before the call is sent, there as its error")
    func argumentLimits() async throws {
        let loopback = try await Loopback { $0.limits.handlersPerConnection = 4 }
        var options = ProxyOptions()
        options.streamLimits.perConnection = 4
        let (feed, _) = try await loopback.feed(options)
        let gate = loopback.gate
        @Sendable func stuck(_ name: String) -> RemoteStream<Int> {
            RemoteStream(unfolding: {
                gate.open(name)
                try await gate.wait("go")
                return nil
            })
        }
        async let one = feed.sum(stuck("first"))
        async let two = feed.sum(stuck("second"))
        try await gate.wait("first")
        try await gate.wait("second")
        // Half of the handlers of the connection wait for streams.
        let there = await #expect(throws: RemoteError.self) { _ = try await feed.sum(stuck("third")) }
        #expect(there?.message.contains("too many open item streams") == true)
        gate.open("go")
        #expect(try await one == 0)
        #expect(try await two == 0)

        let many = Array(repeating: DynamicArgument.stream(RemoteStream<Value>([1])), count: 17)
        let dynamic = DynamicProxy(try #require(feed as? FeedStub).proxy)
        let misuse = await #expect(throws: LanternError.self) {
            _ = try await dynamic.callOrStream("ignore", with: many)
        }
        #expect(misuse?.code == .misuse)
        let here = await #expect(throws: LanternError.self) {
            _ = try await dynamic.callOrStream("ignore", with: Array(many.prefix(5)))
        }
        #expect(here?.code == .overloaded)
        await loopback.close()
    }

    @Test("a call that may not be made gets its streams stopped unread")
    func notPermitted() async throws {
        let loopback = try await Loopback(rules: [
            PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["numbers"])
        ])
        let (feed, _) = try await loopback.feed()
        let made = Counting()
        let numbers = RemoteStream<Int>(unfolding: { made.next() })
        let error = await #expect(throws: RemoteError.self) { _ = try await feed.sum(numbers) }
        #expect(error?.type == "Pyro5.errors.SecurityError")
        var items = 0
        for try await _ in try await feed.numbers(upTo: 10) { items += 1 }
        #expect(items == 10)
        #expect(made.count == 0)
        await loopback.close()
    }

    @Test("a new policy ends a connection that streams what it may not any more, and only that")
    func policyChanges() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed(Self.options(items: 4))
        // Another proxy has a connection of its own.
        let other = try loopback.client.proxy(
            (any Feed).self, "PYRO:feed@\(loopback.daemon.location)", options: Self.options(items: 4))
        var kept = try await other.numbers(upTo: 1_000).makeAsyncIterator()
        var lost = try await feed.endless().makeAsyncIterator()
        _ = try await kept.next()
        _ = try await lost.next()
        try loopback.daemon.replacePolicy(
            PolicyTable(rules: [
                PolicyRule(.allow, identities: ["*"], objects: ["feed"], methods: ["numbers"])
            ]))
        var count = 1
        let error = await #expect(throws: LanternError.self) {
            while try await lost.next() != nil { count += 1 }
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.detail.contains("the policy has changed") == true)
        #expect(count <= 8)
        var items = 1
        while try await kept.next() != nil { items += 1 }
        #expect(items == 1_000)
        await loopback.close()
    }

    @Test("a daemon that shuts down lets streams end, within its drain time")
    func shutdown() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed(Self.options(items: 10))
        var iterator = try await feed.numbers(upTo: 200).makeAsyncIterator()
        #expect(try await iterator.next() == 0)
        async let closing: Void = loopback.daemon.shutdown()
        var items = 1
        while try await iterator.next() != nil { items += 1 }
        #expect(items == 200)
        await closing
        await loopback.close()
    }

    @Test("v48 pushes streams as well")
    func pyro4Framing() async throws {
        let loopback = try await Loopback()
        let (feed, _) = try await loopback.feed(ProxyOptions(generation: .pyro4))
        var items = 0
        for try await _ in try await feed.numbers(upTo: 100) { items += 1 }
        #expect(items == 100)
        #expect(try await feed.sum(RemoteStream(1...10)) == 55)
        await loopback.close()
    }

    @Test("an item over the limit ends its stream, not the connection")
    func itemTooLarge() async throws {
        let loopback = try await Loopback { $0.limits.pushedStreams.itemSize = 10_000 }
        var options = ProxyOptions()
        options.streamLimits.itemSize = 10_000
        let (feed, _) = try await loopback.feed(options)
        var items = 0
        for try await _ in try await feed.download(2, of: 9_997) { items += 1 }
        #expect(items == 2)
        let error = await #expect(throws: RemoteError.self) {
            for try await _ in try await feed.download(2, of: 9_998) {}
        }
        #expect(error?.message.contains("10000 are allowed") == true)
        let chunk = [UInt8](repeating: 1, count: 9_998)
        let back = await #expect(throws: RemoteError.self) {
            _ = try await feed.upload(RemoteStream([chunk]))
        }
        #expect(back?.message.contains("10000 are allowed") == true)
        #expect(try await feed.upload(RemoteStream([Array(chunk.dropFirst())])) == 9_997)
        await loopback.close()
    }
}
