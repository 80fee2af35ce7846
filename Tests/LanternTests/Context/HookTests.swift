import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Synchronization
import Testing

/// What a program is told about its daemon, and what it may decide.
@Suite(.timeLimit(.minutes(2)))
struct HookTests {
    /// Hears what the hooks say.
    final class Ear: Sendable {
        let gate = Gate()
        private let heard = Mutex<[String]>([])
        var all: [String] { heard.withLock { $0 } }
        func hear(_ text: String) {
            heard.withLock { $0.append(text) }
            gate.open(text)
        }
    }

    @Test("C28 connects and disconnects are told once each, with who it is")
    func connections() async throws {
        let ear = Ear()
        let side = try await DeskSide { settings in
            settings.hooks.clientConnected = { ear.hear("in \($0.peer.identity) \($0.object)") }
            settings.hooks.clientDisconnected = { ear.hear("out \($0.peer.identity) \($0.object)") }
        }
        let dynamic = try side.dynamic()
        try await dynamic.remote.connect()
        let who = "spiffe://lantern.test/client desk"
        #expect(ear.all.first == "in " + who)
        dynamic.remote.close()
        try await ear.gate.wait("out " + who)
        // Who never got through the handshake is not a client.
        let stranger = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        try await stranger.send(bytes: Array("nothing".utf8))
        #expect(await stranger.rest().count <= 1)
        #expect(Set(ear.all) == ["in " + who, "out " + who])
        await side.close()
    }

    @Test("E11 errors of methods are told, of one-way calls and batches too; refusals are not")
    func methodErrors() async throws {
        let ear = Ear()
        let loopback = try await Loopback { settings in
            settings.hooks.methodFailed = { error, call in
                ear.hear("\(call.method)\(call.isOneway ? " one-way" : ""): \(error)")
            }
        }
        let proxy = try loopback.dynamic()
        await #expect(throws: RemoteError.self) { try await proxy.call("fail", "lamp") }
        try await proxy.oneway("fail", arguments: ["saw"])
        try await ear.gate.wait("fail one-way: builtins.KeyError: saw")
        var batch = proxy.batch()
        batch.add("add", 1)
        batch.add("fail", "batched")
        _ = try await batch.run()
        #expect(try await proxy.call("add", 1) == 2)
        for try await _ in try await proxy.stream("numbers", arguments: [3]) {}
        await #expect(throws: RemoteError.self) { try await proxy.call("nothing") }
        #expect(
            ear.all == [
                "fail: builtins.KeyError: lamp", "fail one-way: builtins.KeyError: saw",
                "fail: builtins.KeyError: batched",
            ])
        await loopback.close()
    }

    @Test("C27 housekeeping comes round again, and never twice at once")
    func housekeeping() async throws {
        let ear = Ear()
        let meter = Meter()
        let side = try await DeskSide { settings in
            settings.hooks.housekeeping = {
                meter.enter()
                ear.hear("round \(meter.total)")
                meter.leave()
            }
        }
        try await ear.gate.wait("round 2")
        #expect(meter.most == 1)
        await side.close()
    }

    @Test("H5 a client's handshake value is judged and answered", arguments: SerializerFormat.allCases)
    func handshake(format: SerializerFormat) async throws {
        let ear = Ear()
        let side = try await DeskSide { settings in
            settings.hooks.validateHandshake = { client, value in
                ear.hear("\(client.peer.identity) \(client.object)")
                if value == .text("nothing back") { return .none }
                guard value["token"] == "right" else {
                    throw RemoteError(type: "builtins.ValueError", message: "wrong token")
                }
                return ["welcome", .int(Int64(value["number"]?.intValue ?? 0))]
            }
        }
        var options = ProxyOptions(serializer: format)
        options.handshake = ["token": "right", "number": 5]
        let good = try side.dynamic(options)
        #expect(try await good.remote.handshakeAnswer()?.elements == ["welcome", 5])
        #expect(try await good.attribute("fixed") == 7)
        options.handshake = ["token": "wrong"]
        for value: Value? in [["token": "wrong"], nil] {
            options.handshake = value
            let error = await #expect(throws: LanternError.self) {
                try await side.dynamic(options).attribute("fixed")
            }
            #expect(error?.code == .connectionRefused)
            #expect(error?.detail.contains("wrong token") == true)
        }
        options.handshake = "nothing back"
        #expect(try await side.dynamic(options).remote.handshakeAnswer() == nil)
        options.handshake = .text(String(repeating: "x", count: 9_000))
        let error = await #expect(throws: LanternError.self) {
            try await side.dynamic(options).attribute("fixed")
        }
        #expect(error?.code == .misuse)
        #expect(Set(ear.all) == ["spiffe://lantern.test/client desk"])
        await side.close()
    }

    @Test("the value of a client that did not prove who it is, or has no right, is not looked at")
    func handshakeOrder() async throws {
        let ear = Ear()
        let rules = [PolicyRule(.allow, identities: ["*"], objects: ["other"], methods: ["*"])]
        let side = try await DeskSide(rules: rules) { settings in
            settings.hooks.validateHandshake = { _, _ in
                ear.hear("asked")
                return .none
            }
        }
        let stranger = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        let unknown = try Authenticator(
            keyring: Keyring(own: HandshakeKey.generate(id: "unknown", algorithm: .ed25519), authorized: []))
        var connect = try stranger.connectFrame(object: "desk", authenticator: unknown)
        connect.annotations[.handshakeData] = ByteBuffer(bytes: [0x01])
        try await stranger.send(connect)
        #expect(await stranger.next()?.type == .connectFail)
        let peer = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        try await peer.send(peer.connectFrame(object: "desk"))
        #expect(await peer.next()?.type == .connectFail)
        #expect(ear.all.isEmpty)
        await side.close()
    }

    @Test("what the settings send along with connections and calls does not go to the name server")
    func nameServer() async throws {
        let ear = Ear()
        let side = try await DeskSide {
            $0.hooks.validateHandshake = { client, value in
                ear.hear("\(client.object) \(value.isNone ? "nothing" : "a value")")
                return .none
            }
        } client: {
            $0.proxies.handshake = "secret"
            try? $0.proxies.annotations.set("ECHO", to: [1])
        }
        let uri = side.uri
        let names = Lab([
            "lookup": { _ in
                ear.hear("asked with \(CallContext.current?.annotations.names ?? ["no call"])")
                return .value(.text(uri))
            }
        ])
        try await side.loopback.daemon.register(dynamic: names, id: "Pyro.NameServer")
        let port = side.loopback.daemon.port
        let proxy = try side.loopback.client.dynamicProxy("PYRONAME:desk@127.0.0.1:\(port)")
        let call = CallOptions(annotations: try CallAnnotations(["MORE": [2]]))
        let (answer, _) = try await CallResponse.of(call) { try await proxy.call("tag", false) }
        #expect(answer.elements?.compactMap(\.textValue) == ["ECHO", "MORE"])
        #expect(Set(ear.all) == ["Pyro.NameServer nothing", "asked with []", "desk a value"])
        await side.close()
    }

    @Test("a handshake value that is no value refuses the connection")
    func malformedHandshake() async throws {
        let side = try await DeskSide { $0.hooks.validateHandshake = { _, value in value } }
        let peer = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        var connect = try peer.connectFrame(object: "desk")
        connect.annotations[.handshakeData] = ByteBuffer(bytes: [0xC1, 0xC1])
        try await peer.send(connect)
        let answer = try #require(await peer.next())
        #expect(answer.type == .connectFail)
        #expect(try answer.value() == "connection refused")
        await side.close()
    }

    @Test("F8 what a client holds is closed when its connection ends, and only that")
    func tracked() async throws {
        let side = try await DeskSide()
        let one = try side.dynamic()
        let other = try side.dynamic()
        try await one.call("hold", "a")
        try await one.call("hold", "b")
        try await one.call("hold", "c")
        try await one.call("release", "b")
        try await other.call("hold", "d")
        #expect(!side.gate.isOpen("closed a"))
        one.remote.close()
        try await side.gate.wait("closed a")
        try await side.gate.wait("closed c")
        #expect(!side.gate.isOpen("closed b") && !side.gate.isOpen("closed d"))
        await side.close()
        #expect(side.gate.isOpen("closed d"), "a daemon that shuts down closes what is left")
    }

    @Test("F8 a connection that breaks off closes its resources, and tracks no more afterwards")
    func broken() async throws {
        let tracker = ResourceTracker()
        let gate = Gate()
        let resource = DeskService.Held("x", gate)
        try tracker.track(resource)
        #expect(tracker.end().count == 1)
        #expect(tracker.end().isEmpty)
        let error = #expect(throws: LanternError.self) { try tracker.track(resource) }
        #expect(error?.code == .connectionLost)
        let side = try await DeskSide()
        let peer = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        try await peer.authenticate(object: "desk")
        try await peer.send(RawEnd.call("hold", ["raw"], object: "desk"))
        _ = await peer.next()
        await peer.close()
        try await side.gate.wait("closed raw")
        await side.close()
    }

    @Test("a connection tracks so many resources and no more")
    func trackedLimit() throws {
        let tracker = ResourceTracker()
        let gate = Gate()
        let resources = (0...ResourceTracker.maximum).map { DeskService.Held("\($0)", gate) }
        for resource in resources.dropLast() { try tracker.track(resource) }
        let error = #expect(throws: LanternError.self) { try tracker.track(resources[resources.count - 1]) }
        #expect(error?.code == .overloaded)
        tracker.untrack(resources[0])
        try tracker.track(resources[resources.count - 1])
    }
}
