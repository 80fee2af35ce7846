import Lantern
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Item streams that are pulled, as Pyro's are, over a connection.
@Suite(.timeLimit(.minutes(2)))
struct StreamCallTests {
    private func lab(_ loopback: Loopback) async throws -> DynamicProxy {
        let gate = loopback.gate
        let uri = try await loopback.daemon.register(
            dynamic: Lab([
                "endless": { _ in
                    .stream(RemoteStream<Value>(unfolding: { .int(1) }))
                },
                "broken": { _ in
                    let meter = Meter()
                    return .stream(
                        RemoteStream<Value>(unfolding: {
                            guard meter.enter() < 3 else {
                                throw RemoteError(type: "builtins.ValueError", message: "no more")
                            }
                            return "item"
                        }))
                },
                "stuck": { _ in
                    .stream(
                        RemoteStream<Value>(unfolding: {
                            gate.open("pulling")
                            try await gate.wait("never")
                            return nil
                        }))
                },
                "late": { _ in
                    gate.open("working")
                    await withTaskCancellationHandler {
                        await Task { try? await gate.wait("go") }.value
                    } onCancel: {
                        gate.open("given up")
                    }
                    gate.open("answered")
                    return .stream(RemoteStream<Value>(unfolding: { nil }))
                },
            ]), id: "lab")
        return try loopback.client.dynamicProxy(uri.description, options: Self.pulled())
    }

    private static func pulled(_ format: SerializerFormat = .msgpack) -> ProxyOptions {
        var options = ProxyOptions(serializer: format)
        options.streamDelivery = .pulled
        return options
    }

    /// Waits, within bounds, until the daemon has so many streams.
    private func streams(_ loopback: Loopback, become count: Int) async throws -> Bool {
        let proxy = try loopback.client.dynamicProxy("PYRO:Pyro.Daemon@\(loopback.daemon.location)")
        for _ in 0..<1_000 where loopback.daemon.core.streams.count != count { try await proxy.call("ping") }
        return loopback.daemon.core.streams.count == count
    }

    private func streamID(_ proxy: DynamicProxy, _ method: String) async throws -> Value {
        let answer = try await proxy.remote.send(flags: []) { object, format in
            var call = try CallWriter(format: format, object: object, method: method, argumentCount: 0)
            return try call.finish()
        }
        return .text(String(buffer: try #require(answer.frame.annotations[.stream])))
    }

    @Test("a stream is read to its end and then gone", arguments: SerializerFormat.allCases)
    func toTheEnd(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter(Self.pulled(format))
        var sum = 0
        for try await number in try await counter.numbers(upTo: 50) { sum += number }
        #expect(sum == 1225)
        #expect(loopback.daemon.core.streams.count == 0)
        await loopback.close()
    }

    @Test("leaving the loop closes the far side")
    func leaving() async throws {
        let loopback = try await Loopback()
        let lab = try await lab(loopback)
        for try await _ in try await lab.stream("endless") { break }
        #expect(try await streams(loopback, become: 0))
        await loopback.close()
    }

    @Test("the producer's error arrives after the items before it")
    func producerFails() async throws {
        let loopback = try await Loopback()
        let lab = try await lab(loopback)
        var items = 0
        let error = await #expect(throws: RemoteError.self) {
            for try await _ in try await lab.stream("broken") { items += 1 }
        }
        #expect(items == 2)
        #expect(error?.type == "builtins.ValueError")
        #expect(loopback.daemon.core.streams.count == 0)
        await loopback.close()
    }

    @Test("a cancelled reader cancels the producer and closes the stream")
    func cancelled() async throws {
        let loopback = try await Loopback()
        let lab = try await lab(loopback)
        let reader = Task { for try await _ in try await lab.stream("stuck") {} }
        try await loopback.gate.wait("pulling")
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        #expect(try await streams(loopback, become: 0))
        await loopback.close()
    }

    @Test("A13 a stream is read on after a reconnection of the same identity")
    func adopted() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.dynamic(Self.pulled(.serpent))
        var iterator = try await counter.stream("numbers", arguments: [5]).makeAsyncIterator()
        #expect(try await iterator.next() == 0)
        counter.remote.close()
        for expected in 1..<5 { #expect(try await iterator.next() == .int(Int64(expected))) }
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
        await loopback.close()
    }

    @Test("A13 the item that was asked for when the connection was lost is there after it")
    func itemKept() async throws {
        let ended = Gate()
        let loopback = try await Loopback { $0.hooks.clientDisconnected = { _ in ended.open("far end") } }
        let gate = loopback.gate
        let asked = Counting()
        let uri = try await loopback.daemon.register(
            dynamic: Lab([
                "slow": { _ in
                    .stream(
                        RemoteStream<Value>(
                            AsyncThrowingStream<Value, any Error> {
                                let number = asked.next()
                                if number == 2 {
                                    gate.open("asked")
                                    try await gate.wait("go")
                                }
                                return number < 5 ? .int(Int64(number)) : nil
                            }))
                }
            ]), id: "slow")
        let slow = try loopback.client.dynamicProxy(uri.description, options: Self.pulled())
        let iterator = Kept(try await slow.stream("slow").makeAsyncIterator())
        #expect(try await iterator.next() == 1)
        let interrupted = Task { try await iterator.next() }
        try await gate.wait("asked")
        slow.remote.close()
        let lost = await #expect(throws: LanternError.self) { _ = try await interrupted.value }
        #expect(lost?.code == .connectionLost)
        // An item that is made before the daemon knows of the loss is sent into it, and gone: as in Pyro.
        try await ended.wait("far end")
        gate.open("go")
        for number in 2..<5 { #expect(try await iterator.next() == .int(Int64(number))) }
        #expect(try await iterator.next() == nil)
        #expect(loopback.daemon.core.streams.count == 0)
        await loopback.close()
    }

    /// An iterator that tasks take turns with.
    private actor Kept {
        private var iterator: RemoteStream<Value>.Iterator?
        init(_ iterator: RemoteStream<Value>.Iterator) { self.iterator = iterator }

        func next() async throws -> Value? {
            guard var taken = iterator else { return nil }
            iterator = nil
            defer { iterator = taken }
            return try await taken.next(isolation: self)
        }
    }

    @Test("without linger time a stream ends with its connection")
    func noLinger() async throws {
        let loopback = try await Loopback { $0.limits.streamLinger = .zero }
        let counter = try loopback.dynamic(Self.pulled(.serpent))
        var iterator = try await counter.stream("numbers", arguments: [5]).makeAsyncIterator()
        #expect(try await iterator.next() == 0)
        counter.remote.close()
        #expect(try await streams(loopback, become: 0))
        let error = await #expect(throws: RemoteError.self) { try await iterator.next() }
        #expect(error?.message == "item stream terminated")
        #expect(try await iterator.next() == nil)
        await loopback.close()
    }

    @Test("a stream that is made after its caller has gone is not kept")
    func callerGone() async throws {
        let loopback = try await Loopback()
        let lab = try await lab(loopback)
        _ = try await lab.remote.members()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        try await peer.send(RawEnd.call("late", object: "lab"))
        try await loopback.gate.wait("working")
        await peer.close()
        // The connection has ended on the daemon's side, too, once its call is cancelled.
        try await loopback.gate.wait("given up")
        loopback.gate.open("go")
        try await loopback.gate.wait("answered")
        #expect(try await streams(loopback, become: 0))
        await loopback.close()
    }

    @Test("to another identity a stream is not there, and a wrong id reads the same")
    func anotherIdentity() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client", "other"])
        var server = try Settings.load(homes[0])
        server.listen.host = "127.0.0.1"
        server.policy = try PolicyTable(rules: [Loopback.allowAll])
        let daemon = try await Daemon(settings: server)
        try await daemon.register(
            dynamic: Lab(["items": { _ in .stream(RemoteStream<Value>(unfolding: { "secret" })) }]), id: "lab"
        )
        let owner = try Client(settings: .load(homes[1]))
        let other = try Client(settings: .load(homes[2]))
        let lab = try owner.dynamicProxy("PYRO:lab@\(daemon.location)", options: Self.pulled())
        let id = try await streamID(lab, "items")
        let stranger = try other.dynamicProxy("PYRO:Pyro.Daemon@\(daemon.location)")
        var texts: Set<String> = []
        for id in [id, "00000000-0000-0000-0000-000000000000", "", 5] {
            let error = await #expect(throws: RemoteError.self) {
                try await stranger.call("get_next_stream_item", id)
            }
            texts.insert("\(error.map { "\($0)" } ?? "")")
        }
        #expect(texts == ["Pyro5.errors.PyroError: item stream terminated"])
        #expect(try await stranger.call("close_stream", id) == .none)
        let own = try owner.dynamicProxy("PYRO:Pyro.Daemon@\(daemon.location)")
        #expect(try await own.call("get_next_stream_item", id) == "secret")
        #expect(try await own.call("close_stream", id) == .none)
        await #expect(throws: RemoteError.self) { try await own.call("get_next_stream_item", id) }
        await daemon.shutdown()
    }

    @Test("too many streams of one identity are refused, and the rest go on")
    func limit() async throws {
        let loopback = try await Loopback { $0.limits.streamsPerIdentity = 2 }
        let lab = try await lab(loopback)
        let first = try await streamID(lab, "endless")
        _ = try await streamID(lab, "endless")
        let error = await #expect(throws: RemoteError.self) { try await streamID(lab, "endless") }
        #expect(error?.message.contains("too many open item streams") == true)
        let daemon = try loopback.client.dynamicProxy("PYRO:Pyro.Daemon@\(loopback.daemon.location)")
        try await daemon.call("close_stream", first)
        _ = try await streamID(lab, "endless")
        await loopback.close()
    }

    @Test("a plain result is not taken for a stream, nor a stream for a result")
    func mistaken() async throws {
        let loopback = try await Loopback()
        let counter = try loopback.dynamic(Self.pulled())
        await #expect(throws: LanternError.self) { _ = try await counter.stream("notes") }
        guard case .stream = try await counter.callOrStream("numbers", arguments: [1]) else {
            Issue.record("no stream"); return
        }
        guard case .value = try await counter.callOrStream("notes") else { Issue.record("no value"); return }
        await loopback.close()
    }
}
