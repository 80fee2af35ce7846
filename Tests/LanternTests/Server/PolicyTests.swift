import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Synchronization
import Testing

/// The policy from the socket to the object.
@Suite(.timeLimit(.minutes(2)))
struct PolicyTests {
    private func rule(_ effect: PolicyRule.Effect, _ objects: [String], _ methods: [String]) -> PolicyRule {
        PolicyRule(effect, identities: ["*"], objects: objects, methods: methods)
    }

    /// The text of the error that a call ends with.
    private func refusal(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing was thrown"
        } catch let error as RemoteError {
            return "\(error.type): \(error.message)"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "C16 I7: a call without permission is refused before its arguments are looked at",
        arguments: SerializerFormat.allCases)
    func beforeDecoding(format: SerializerFormat) async throws {
        let loopback = try await Loopback(rules: [rule(.allow, ["counter"], ["total"])])
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        var call = try RawEnd.call("add", [.text("MARK")], format: format)
        // Spoils the argument where it stands, not the envelope around it.
        var bytes = Array(buffer: call.payload)
        let mark = try #require(bytes.firstRange(of: Array("MARK".utf8)))
        bytes.replaceSubrange(
            mark, with: format == .serpent ? Array(#"\xZZ"#.utf8) : [0xFF, 0xFE, 0xFF, 0xFE])
        call.payload = ByteBuffer(bytes: bytes)
        // json finds names only by passing over the rest of the text.
        let isPassedOver = format == .json
        try await peer.send(call)
        let record = try #require(await peer.next()).exception()
        if !isPassedOver {
            #expect(record.className == "Pyro5.errors.SecurityError")
            #expect(record.message == "not allowed to call 'add'")
        }
        await peer.close()
        await loopback.close()
    }

    @Test("a peer with no right on an object cannot tell whether it is there")
    func nothingToSee() async throws {
        let loopback = try await Loopback(rules: [
            rule(.allow, ["open"], ["*"]), rule(.allow, ["counter"], ["add"]),
            rule(.deny, ["counter"], ["*"]),
        ])
        try await loopback.daemon.register(dynamic: Lab(["ping": { _ in .value(.none) }]), id: "open")
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate(object: "open")
        var texts: Set<String> = []
        for (object, method) in [
            ("counter", "add"), ("counter", "missing"), ("counter", "_private"), ("counter", "__init__"),
            ("missing", "add"), ("missing", "missing"),
        ] {
            try await peer.send(RawEnd.call(method, object: object))
            texts.insert(try #require(await peer.next()).exception().description)
        }
        for object in ["counter", "missing"] {
            try await peer.send(RawEnd.call("__getattr__", [.text("total")], object: object))
            texts.insert(try #require(await peer.next()).exception().description)
            try await peer.send(RawEnd.call("__setattr__", [.text("total"), 1], object: object))
            texts.insert(try #require(await peer.next()).exception().description)
            try await peer.send(RawEnd.call("get_metadata", [.text(object)], object: "Pyro.Daemon"))
            texts.insert(try #require(await peer.next()).exception().description)
            let call = ("add", [Value.int(1)], [(String, Value)]())
            let body = try CallWriter.batch(format: .msgpack, object: object, calls: [call])
            try await peer.send(
                Frame(
                    version: .v502, type: .invoke, flags: .batch, serializer: WireSerializer.msgpack,
                    payload: ByteBuffer(bytes: body)))
            texts.insert(try #require(await peer.next()).exception().description)
        }
        #expect(texts == ["Pyro5.errors.DaemonError: unknown object"])
        for object in ["counter", "missing"] {
            let other = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
            try await other.send(other.connectFrame(object: object))
            let answer = try #require(await other.next())
            #expect(answer.type == .connectFail)
            #expect(try answer.value() == .text("unknown object"))
            #expect(await other.next() == nil)
        }
        await peer.close()
        await loopback.close()
    }

    @Test("A8 I7: metadata lists what may be called and nothing else")
    func metadata() async throws {
        let loopback = try await Loopback(rules: [
            rule(.allow, ["counter"], ["add", "note", "total", "n*"]), rule(.deny, ["counter"], ["notes"]),
        ])
        let proxy = try loopback.dynamic()
        let members = try await proxy.remote.members()
        #expect(members.methods == ["add", "note", "numbers"])
        #expect(members.oneway == ["note"])
        #expect(members.attributes == ["total"])
        let daemon = try loopback.client.dynamicProxy("PYRO:Pyro.Daemon@\(loopback.daemon.location)")
        let metadata = try await daemon.call("get_metadata", "counter")
        #expect(HandshakeMessage.Metadata(metadata)?.methods == ["add", "note", "numbers"])
        await loopback.close()
    }

    @Test("deny beats allow, wherever it stands")
    func denyWins() async throws {
        let loopback = try await Loopback(rules: [
            rule(.deny, ["counter"], ["a*"]), Loopback.allowAll, rule(.allow, ["counter"], ["add"]),
        ])
        let proxy = try loopback.dynamic()
        #expect(
            await refusal { try await proxy.call("add", 1) }
                == "Pyro5.errors.SecurityError: not allowed to call 'add'")
        #expect(try await proxy.call("notes") == .list([]))
        await loopback.close()
    }

    @Test("attributes are judged by their own names")
    func attributes() async throws {
        let loopback = try await Loopback(rules: [
            rule(.allow, ["counter"], ["add", "__getattr__", "__setattr__"]),
            rule(.allow, ["lab"], ["colour", "size"]),
        ])
        let lab = Lab([:], attributes: ["size", "secret"])
        try await loopback.daemon.register(dynamic: lab, id: "lab")
        let counter = try loopback.dynamic()
        #expect(
            await refusal { _ = try await counter.attribute("total") }
                == "Pyro5.errors.SecurityError: not allowed to call 'total'")
        let proxy = try loopback.client.dynamicProxy("PYRO:lab@\(loopback.daemon.location)")
        #expect(try await proxy.attribute("colour") == "value of colour")
        try await proxy.setAttribute("size", to: 3)
        #expect(lab.written.values.withLock { $0 } == ["size": 3])
        #expect(
            await refusal { try await proxy.setAttribute("secret", to: 4) }
                == "Pyro5.errors.SecurityError: not allowed to call 'secret'")
        #expect(await refusal { try await proxy.setAttribute("colour", to: 4) }.contains("AttributeError"))
        #expect(lab.written.values.withLock { $0 } == ["size": 3])
        await loopback.close()
    }

    @Test("A7 C15 I11: private and unknown names are attributes that are not there")
    func privateNames() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        for name in ["_private", "__init__", "__class__", "__dict__", "missing", "total", "ADD", "add "] {
            #expect(
                await refusal { try await proxy.call(name) }.hasPrefix("builtins.AttributeError"), "\(name)")
        }
        for name in ["add", "__class__", "missing"] {
            #expect(
                await refusal { _ = try await proxy.attribute(name) }.hasPrefix("builtins.AttributeError"))
        }
        #expect(
            await refusal { try await proxy.setAttribute("total", to: 7) }.hasPrefix(
                "builtins.AttributeError"))
        #expect(try await proxy.attribute("total") == 0)
        await loopback.close()
    }

    @Test("a batch with one call that is not allowed does nothing at all")
    func batch() async throws {
        let loopback = try await Loopback(rules: [rule(.allow, ["counter"], ["add", "total"])])
        let proxy = try loopback.dynamic()
        var batch = proxy.batch()
        batch.add("add", 1)
        batch.add("notes")
        batch.add("add", 2)
        #expect(
            await refusal { _ = try await batch.run() }
                == "Pyro5.errors.SecurityError: not allowed to call 'notes'")
        #expect(try await proxy.attribute("total") == 0)
        await loopback.close()
    }

    @Test("a name that only looks like a denied one is another name")
    func lookAlikes() async throws {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        let loopback = try await Loopback(rules: [
            Loopback.allowAll, rule(.deny, [composed], ["*"]), rule(.deny, ["lab"], [composed]),
        ])
        let answer: Lab.Method = { _ in .value(.text("served")) }
        try await loopback.daemon.register(dynamic: Lab(["tell": answer]), id: composed)
        try await loopback.daemon.register(dynamic: Lab([composed: answer, "tell": answer]), id: "lab")
        let lab = try loopback.client.dynamicProxy("PYRO:lab@\(loopback.daemon.location)")
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        // In this order: what is remembered of the look-alike must not be taken for the other.
        for object in [decomposed, composed, decomposed] {
            try await peer.send(RawEnd.call("tell", object: object))
            #expect(try #require(await peer.next()).exception().message == "unknown object")
        }
        #expect(await refusal { try await lab.call(decomposed) }.hasPrefix("builtins.AttributeError"))
        #expect(await refusal { try await lab.call(composed) }.hasPrefix("Pyro5.errors.SecurityError"))
        #expect(try await lab.call("tell") == "served")
        await peer.close()
        await loopback.close()
    }

    @Test("another policy judges the next call of a connection that is open")
    func replaced() async throws {
        let loopback = try await Loopback()
        let proxy = try loopback.dynamic()
        #expect(try await proxy.call("add", 1) == 1)
        try loopback.daemon.replacePolicy(PolicyTable(rules: [rule(.allow, ["counter"], ["notes"])]))
        #expect(
            await refusal { try await proxy.call("add", 1) }
                == "Pyro5.errors.SecurityError: not allowed to call 'add'")
        #expect(try await proxy.call("notes") == .list([]))
        try loopback.daemon.replacePolicy(PolicyTable(rules: []))
        #expect(await refusal { try await proxy.call("notes") } == "Pyro5.errors.DaemonError: unknown object")
        await loopback.close()
    }
}

extension ExceptionRecord {
    fileprivate var description: String { "\(className): \(message)" }
}
